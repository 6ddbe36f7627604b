//! Nodes of an older version and of this one on one database, with the migrations between them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use sqlx::PgPool;

use crate::Failure;
use crate::database::Database;
use crate::node::{Node, Start};
use crate::report::Report;

/// Deletions in each phase.
const DELETIONS: usize = 50;
const PHASES: usize = 5;

/// What an older version may not know, and would refuse.
const NEW_SETTINGS: [&str; 3] = [
    "MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE",
    "MODELS__LIMITS__REQUESTS_IN_FLIGHT",
    "MODELS__OPERATIONS__PORT",
];

pub async fn run(report: &mut Report, older: &Path, program: &Path) -> Result<(), Failure> {
    let database = Database::start()?;
    let url = database.url();
    let directory = tempfile::tempdir()?;
    let at = |program: &Path| CommandLine {
        program: program.to_owned(),
        directory: directory.path().to_owned(),
        url: url.clone(),
    };
    at(older).run(&["migrate"], "")?;
    let pool = PgPool::connect(&url).await?;
    let before = migrations(&pool).await?;
    at(older).run(
        &["organization", "create", "--slug", "acme", "--name", "acme"],
        "",
    )?;
    let owner = at(older).key("owner")?;
    let ids: Vec<String> = (0..PHASES * DELETIONS)
        .map(|number| format!("model-{number}"))
        .collect();
    let models = ids
        .iter()
        .map(|id| json!({"id": id, "created": 1_760_000_000}));
    let models: serde_json::Value = models.collect();
    at(older).run(
        &["model", "import", "-", "--organization", "acme"],
        &models.to_string(),
    )?;

    let this = Start {
        program: program.to_owned(),
        database_url: url.clone(),
        prefix: vec![],
        variables: vec![],
    };
    let unset = NEW_SETTINGS.map(|name| ["-u".to_owned(), name.to_owned()]);
    let that = Start {
        program: older.to_owned(),
        prefix: ["env".to_owned()]
            .into_iter()
            .chain(unset.into_iter().flatten())
            .collect(),
        ..this.clone()
    };
    let mut nodes = vec![Node::start(&that).await?, Node::start(&that).await?];
    let mut phases = ids.chunks(DELETIONS);
    let mut failed = vec![];
    let mut phase = async |what: &str, nodes: &[Node], maker: &Path| -> Result<(), Failure> {
        let fresh = at(maker).key("reader")?;
        let ids = phases.next().ok_or("there are no more models")?;
        let wrong = look(nodes, &owner, &fresh, ids).await?;
        failed.push((what.to_owned(), wrong));
        Ok(())
    };
    phase("two older nodes", &nodes, older).await?;
    at(program).run(&["migrate"], "")?;
    let after = migrations(&pool).await?;
    phase("the same, migrated", &nodes, program).await?;
    nodes.push(Node::start(&this).await?);
    phase("and one of this version", &nodes, program).await?;
    for what in [
        "one older node and two of this version",
        "three of this version",
    ] {
        let node = nodes.remove(0);
        node.signal("-TERM")?;
        node.wait_for_end().await;
        nodes.push(Node::start(&this).await?);
        phase(what, &nodes, program).await?;
    }

    let name = "an older version and this one";
    report.row(
        name,
        "migrations between them",
        (after - before).to_string(),
        "at least 1",
        after > before,
    );
    for (what, (failed, of)) in failed {
        let what = format!("{what}: requests that failed, or showed what was deleted");
        report.none(name, &what, failed, of, 3 * DELETIONS);
    }
    Ok(())
}

/// Deletes each model on one of the nodes, asks all others for it, and for the list with a key that they
/// have never seen: how many answers were wrong, of how many.
async fn look(
    nodes: &[Node],
    owner: &str,
    fresh: &str,
    ids: &[String],
) -> Result<(usize, usize), Failure> {
    let (mut wrong, mut of) = (0, 0);
    let mut expect = |answered: u16, expected: u16| {
        of += 1;
        wrong += usize::from(answered != expected);
    };
    for (number, id) in ids.iter().enumerate() {
        let path = format!("/v1/models/{id}");
        for node in nodes {
            let seen = node.get(owner, &path, None).await?;
            expect(seen.status.as_u16(), 200);
        }
        let deleted = nodes[number % nodes.len()].delete(owner, id).await?;
        expect(deleted.status.as_u16(), 200);
        for node in nodes {
            let gone = node.get(owner, &path, None).await?;
            expect(gone.status.as_u16(), 404);
            let list = node.get(fresh, "/v1/models", None).await?;
            let shows = list.body.contains(&format!("{id:?}"));
            expect(if shows { 0 } else { list.status.as_u16() }, 200);
        }
    }
    Ok((wrong, of))
}

async fn migrations(pool: &PgPool) -> Result<i64, Failure> {
    let count = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations");
    Ok(count.fetch_one(pool).await?)
}

/// The command line of one of the versions.
struct CommandLine {
    program: PathBuf,
    /// Without the settings of another version.
    directory: PathBuf,
    url: String,
}

impl CommandLine {
    /// A new key's secret.
    fn key(&self, role: &str) -> Result<String, Failure> {
        let create = ["key", "create", "--organization", "acme", "--name", "a key"];
        let said = self.run(&[&create[..], &["--role", role]].concat(), "")?;
        let secret = said.split_whitespace().find(|word| word.starts_with("sk-"));
        Ok(secret.ok_or("no key was made")?.to_owned())
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<String, Failure> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.directory)
            .env_clear()
            .env("MODELS__DATABASE__URL", &self.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read it ends before all is written.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {arguments:?}: {said}", self.program.display()).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
