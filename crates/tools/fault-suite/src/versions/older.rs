//! Nodes of an older version and of this version run on one database, with the migrations between
//! them.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sqlx::{Executor, PgPool};

use crate::Failure;
use crate::environment::database::Database;
use crate::environment::node::{LEASE, Node, Start};
use crate::report::Report;
use crate::versions::command_line::CommandLine;

/// The deletions in each phase.
const DELETIONS: usize = 50;
const PHASES: usize = 5;

/// Raises the level, as a change does that older programs cannot enforce.
const RAISE: &str = "BEGIN; ALTER TABLE nodes ALTER COLUMN level DROP DEFAULT; \
    UPDATE catalog SET level = 2, level_version = '9.8.7'; COMMIT";

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
    // Nodes that know leases apply the change.
    let knows_leases = at(older).run(&["help", "lease"], "").is_ok();
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
        found(!is_refused),
        if knows_leases {
            "is made, since they know leases"
        } else {
            "is refused, with their ids"
        },
        is_refused != knows_leases,
    );
    let set = at(program).run(&["lease", "set", "4"], "").is_ok();
    report.row(
        name,
        "control: a change without older nodes",
        found(set),
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

fn found(is_made: bool) -> String {
    if is_made { "is made" } else { "is refused" }.to_owned()
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
