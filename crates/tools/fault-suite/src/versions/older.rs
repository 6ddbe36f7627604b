//! Nodes of an older version and of this version run on one database, with the migrations between
//! them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use sqlx::{Executor, PgPool};

use crate::Failure;
use crate::environment::database::Database;
use crate::environment::node::{LEASE, Node, Start};
use crate::report::Report;

/// The deletions in each phase.
const DELETIONS: usize = 50;
const PHASES: usize = 5;

/// Raises the level, as a change does that older programs cannot enforce.
const RAISE: &str = "BEGIN; ALTER TABLE nodes ALTER COLUMN level DROP DEFAULT; \
    UPDATE catalog SET level = 2, level_version = '9.8.7'; COMMIT";

/// Settings of all nodes here that an older version may not know, and would refuse.
const NEW_SETTINGS: [&str; 3] = [
    "MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE",
    "MODELS__LIMITS__REQUESTS_IN_FLIGHT",
    "MODELS__OPERATIONS__PORT",
];

pub async fn run(report: &mut Report, older: &Path, program: &Path) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = format!("sqlite://{}/models.db", directory.path().display());
    on(report, older, program, "SQLite", &file).await?;
    let database = Database::start()?;
    on(report, older, program, "PostgreSQL", &database.url()).await?;
    let database = Database::start()?;
    removed_older_node(report, older, program, &database.url()).await
}

async fn on(
    report: &mut Report,
    older: &Path,
    program: &Path,
    kind: &str,
    url: &str,
) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let url = url.to_owned();
    let at = |program: &Path| CommandLine {
        program: program.to_owned(),
        directory: directory.path().to_owned(),
        url: url.clone(),
    };
    let before = at(older).migrate()?;
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
    let that = Start {
        program: older.to_owned(),
        prefix: at(older).without_unknown_settings(),
        ..this.clone()
    };
    let mut nodes = vec![Node::start(&that).await?, Node::start(&that).await?];
    let mut phases = ids.chunks(DELETIONS);
    let mut failed = vec![];
    let mut phase = async |what: &str, nodes: &[Node], maker: &Path| -> Result<(), Failure> {
        let fresh = at(maker).key("reader")?;
        let ids = phases.next().ok_or("the models are used up")?;
        let wrong = delete(nodes, &owner, &fresh, ids).await?;
        failed.push((what.to_owned(), wrong));
        Ok(())
    };
    phase("two older nodes", &nodes, older).await?;
    let after = at(program).migrate()?;
    phase("the same, migrated", &nodes, program).await?;
    nodes.push(Node::start(&this).await?);
    phase("and one of this version", &nodes, program).await?;
    let refused = at(program).run(&["lease", "set", "4"], "");
    let refused = refused.err().map(|error| error.to_string());
    let is_refused = refused.is_some_and(|printed| printed.matches("node_").count() == 2);
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

    let name = format!("an older version and this one on {kind}");
    let name = name.as_str();
    report.row(
        name,
        "a change of the lease beside two older nodes",
        if is_refused {
            "is refused"
        } else {
            "is not refused"
        }
        .to_owned(),
        "is refused, with their ids",
        is_refused,
    );
    let set = at(program).run(&["lease", "set", "4"], "").is_ok();
    report.row(
        name,
        "control: a change without older nodes",
        if set { "is made" } else { "is refused" }.to_owned(),
        "is made",
        set,
    );
    report.row(
        name,
        "migrations between the versions",
        (after - before).to_string(),
        "at least 1",
        after > before,
    );
    for (what, (failed, of)) in failed {
        let what = format!("{what}: requests that failed, or showed a deleted model");
        report.none(name, &what, failed, of, 3 * DELETIONS);
    }
    Ok(())
}

/// Deletes each model on one node. Retrieves it on all others, and lists there with a key that they
/// have never seen. Returns the number of wrong responses and the number of responses.
async fn delete(
    nodes: &[Node],
    owner: &str,
    fresh: &str,
    ids: &[String],
) -> Result<(usize, usize), Failure> {
    let (mut wrong, mut of) = (0, 0);
    let mut expect = |status: u16, expected: u16| {
        of += 1;
        wrong += usize::from(status != expected);
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

/// Checks that a node of the older version whose row is gone cannot register again after the level
/// has been raised.
async fn removed_older_node(
    report: &mut Report,
    older: &Path,
    program: &Path,
    url: &str,
) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let at = |program: &Path| CommandLine {
        program: program.to_owned(),
        directory: directory.path().to_owned(),
        url: url.to_owned(),
    };
    at(older).migrate()?;
    let create = ["organization", "create", "--slug", "acme", "--name", "acme"];
    at(older).run(&create, "")?;
    let owner = at(older).key("owner")?;
    let node = Node::start(&Start {
        program: older.to_owned(),
        database_url: url.to_owned(),
        prefix: at(older).without_unknown_settings(),
        variables: vec![],
    })
    .await?;
    at(program).migrate()?;
    let name = "an older node whose row is removed";
    let pool = PgPool::connect(url).await?;
    for (what, raise) in [
        ("control: it registers again at the first level", None),
        ("it registers again at a raised level", Some(RAISE)),
    ] {
        if let Some(raise) = raise {
            pool.execute(raise).await?;
        }
        pool.execute("DELETE FROM nodes").await?;
        tokio::time::sleep(LEASE + Duration::from_secs(2)).await;
        let mut served = 0;
        for _ in 0..DELETIONS {
            let response = node.get(&owner, "/v1/models", None).await?;
            served += usize::from(response.status == 200);
        }
        let what = format!("{what}: requests served");
        if raise.is_some() {
            report.none(name, &what, served, DELETIONS, DELETIONS);
        } else {
            report.some(name, &what, served, DELETIONS);
        }
    }
    Ok(())
}

/// The command line of a version.
struct CommandLine {
    program: PathBuf,
    /// A directory without the settings of another version.
    directory: PathBuf,
    url: String,
}

impl CommandLine {
    /// Migrates the database to this version, and returns the number of the newest migration.
    fn migrate(&self) -> Result<i64, Failure> {
        let printed = self.run(&["migrate", "--json"], "")?;
        let printed: serde_json::Value = serde_json::from_str(&printed)?;
        Ok(printed["schema_version"].as_i64().ok_or("no version")?)
    }

    /// The words of a command that unsets the settings that this version does not know.
    fn without_unknown_settings(&self) -> Vec<String> {
        let known = self.run(&["config", "check"], "").unwrap_or_default();
        let key = |name: &str| {
            name.trim_start_matches("MODELS__")
                .to_lowercase()
                .replace("__", ".")
        };
        let unknown = NEW_SETTINGS
            .into_iter()
            .filter(|name| !known.contains(&key(name)));
        let unset = unknown.flat_map(|name| ["-u".to_owned(), name.to_owned()]);
        ["env".to_owned()].into_iter().chain(unset).collect()
    }

    /// Creates a key and returns its secret.
    fn key(&self, role: &str) -> Result<String, Failure> {
        let create = ["key", "create", "--organization", "acme", "--name", "a key"];
        let printed = self.run(&[&create[..], &["--role", role]].concat(), "")?;
        let secret = printed
            .split_whitespace()
            .find(|word| word.starts_with("sk-"));
        Ok(secret.ok_or("the command printed no key")?.to_owned())
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
            // A command that does not read its input ends before all of it is written.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let printed = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {arguments:?}: {printed}", self.program.display()).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
