//! A newer version writes while nodes of this version run: unknown rows of the event log, damaged
//! rows, and an unsupported level. Runs on both databases.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use models_core::Role;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{LEASE, Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The deletions after each row.
const DELETIONS: usize = 20;

/// The name, actor, kind and change of each row.
const ROWS: [(&str, &str, &str, &str); 3] = [
    (
        "a new kind of event",
        "command_line",
        "project.updated",
        r#"{"type":"project.updated","details":{"id":"proj_x"}}"#,
    ),
    (
        "a new kind of actor",
        "oidc:workload-7",
        "model.deleted",
        r#"{"type":"model.deleted","details":{"id":"a","scope":"public","created":1,"owned_by":"b","shutdown_date":null}}"#,
    ),
    (
        "a damaged row",
        "command_line",
        "model.deleted",
        r#"{"type":"model.deleted","det"#,
    ),
];

pub async fn run(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = format!("sqlite://{}/models.db", directory.path().display());
    on(report, program, "SQLite", &file).await?;
    let database = Database::start()?;
    on(report, program, "PostgreSQL", &database.url()).await
}

async fn on(report: &mut Report, program: &Path, kind: &str, url: &str) -> Result<(), Failure> {
    let name = format!("a newer version writes to {kind}");
    let catalog = Catalog::make(url).await?;
    let ids: Vec<String> = (0..(ROWS.len() + 1) * DELETIONS)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let how = Start {
        program: program.to_owned(),
        database_url: url.to_owned(),
        prefix: vec![],
        variables: vec![],
    };
    let nodes = [Node::start(&how).await?, Node::start(&how).await?];
    let mut batches = ids.chunks(DELETIONS);
    for (what, actor, kind, change) in ROWS {
        append(url, actor, kind, change, "revision + 1").await?;
        let batch = batches.next().ok_or("the models are used up")?;
        let (wrong, of, mut times) = delete(&catalog, &nodes, batch).await?;
        let failed = format!("{what}: requests that failed, or showed a deleted model");
        report.none(&name, &failed, wrong, of, 3 * DELETIONS);
        let deletions = format!("{what}: a deletion");
        report.within(&name, &deletions, &mut times, 95, LEASE / 2);
    }

    // The control: deletions wait for a silent node.
    let silent = "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('node_silent', 'x', 0, 0, 3000)";
    execute(&nodes_url(url), silent).await?;
    let batch = batches.next().ok_or("the models are used up")?;
    let (_, of, times) = delete(&catalog, &nodes, &batch[..1]).await?;
    let waited = times.iter().filter(|time| **time >= LEASE).count();
    let control = "control: deletions that waited for a lease beside a silent node";
    report.some(&name, control, waited, of.min(1));
    let (wrong, of, _) = delete(&catalog, &nodes, &batch[1..]).await?;
    let before = "before the level is raised: requests that failed";
    report.none(&name, before, wrong, of, DELETIONS);

    raised(report, &name, program, url, &catalog, &nodes).await
}

/// Raises the level as a newer version does with a change that this version cannot enforce. A newer
/// version would refuse the change while nodes of this version are registered.
async fn raised(
    report: &mut Report,
    name: &str,
    program: &Path,
    url: &str,
    catalog: &Catalog,
    nodes: &[Node],
) -> Result<(), Failure> {
    let change = r#"{"type":"policy.updated","details":{}}"#;
    let raise = "revision + 1, level = 3, level_version = '9.8.7'";
    append(url, "command_line", "policy.updated", change, raise).await?;
    wait(1_000).await;
    let (mut served, mut ready, mut silent) = (0, 0, 0);
    for node in nodes {
        for _ in 0..DELETIONS {
            let response = node.get(&catalog.owner, "/v1/models", None).await?;
            served += usize::from(response.status != 503);
        }
        let (status, body) = node.readiness().await?;
        ready += usize::from(status != 503 || !body.contains("\"needed_level\":3"));
        let log = node.log()?;
        silent += usize::from(!log.contains("run version 9.8.7 or newer"));
    }
    let of = nodes.len() * DELETIONS;
    let what = "a raised level: requests that nodes below it served";
    report.none(name, what, served, of, of);
    let what = "a raised level: nodes whose readiness or log does not report it";
    report.none(name, what, ready + silent, 2 * nodes.len(), 2);
    let rows = if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(&nodes_url(url)).await?;
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM nodes");
        count.fetch_one(&mut connection).await?
    } else {
        let mut connection = PgConnection::connect(url).await?;
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM nodes");
        count.fetch_one(&mut connection).await?
    };
    let rows = usize::try_from(rows)?;
    report.none(name, "a raised level: remaining rows of nodes", rows, 2, 2);
    let started = Command::new(program)
        .arg("serve")
        .env_clear()
        .env("MODELS__DATABASE__URL", url)
        .output()?;
    let printed = String::from_utf8_lossy(&started.stderr);
    let is_refused = !started.status.success() && printed.contains("the catalog is at level 3");
    let found = if is_refused {
        "is refused"
    } else {
        "is not refused"
    };
    report.row(
        name,
        "a raised level: the start of a node below it",
        found.to_owned(),
        "is refused with the reason",
        is_refused,
    );
    Ok(())
}

/// Deletes each model on one node. Retrieves it on the other node, and lists there with a key that
/// the node has never seen. Returns the number of wrong responses, the number of responses, and the
/// durations of the deletions.
async fn delete(
    catalog: &Catalog,
    nodes: &[Node],
    ids: &[String],
) -> Result<(usize, usize, Vec<Duration>), Failure> {
    let (mut wrong, mut of, mut times) = (0, 0, vec![]);
    for (number, id) in ids.iter().enumerate() {
        let (here, there) = (&nodes[number % 2], &nodes[1 - number % 2]);
        let path = format!("/v1/models/{id}");
        let before = there.get(&catalog.owner, &path, None).await?.status;
        let began = Instant::now();
        let deleted = here.delete(&catalog.owner, id).await?.status;
        times.push(began.elapsed());
        let gone = there.get(&catalog.owner, &path, None).await?.status;
        let (_, fresh) = catalog.key(Role::Reader).await?;
        let read = there.get(&fresh, "/v1/models", None).await?.status;
        let well = [before == 200, deleted == 200, gone == 404, read == 200];
        wrong += well.iter().filter(|well| !**well).count();
        of += well.len();
    }
    Ok((wrong, of, times))
}

/// Appends a row to the event log as another version would. `revision` is the expression for the
/// catalog's new revision.
async fn append(
    url: &str,
    actor: &str,
    kind: &str,
    change: &str,
    revision: &str,
) -> Result<(), Failure> {
    let statements = format!(
        "BEGIN; UPDATE catalog SET revision = {revision}; \
        INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
        SELECT revision, 1, '{actor}', '{kind}', NULL, 'x', '{change}' FROM catalog; COMMIT"
    );
    execute(url, &statements).await
}

async fn execute(url: &str, statements: &str) -> Result<(), Failure> {
    // The text consists of constants.
    let statements = AssertSqlSafe(statements.to_owned());
    if url.starts_with("sqlite") {
        SqliteConnection::connect(url)
            .await?
            .execute(statements)
            .await?;
    } else {
        PgConnection::connect(url)
            .await?
            .execute(statements)
            .await?;
    }
    Ok(())
}

/// The URL of the database with the nodes' rows.
pub fn nodes_url(url: &str) -> String {
    if url.starts_with("sqlite") {
        format!("{url}-nodes")
    } else {
        url.to_owned()
    }
}
