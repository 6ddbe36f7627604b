//! Deletions and revocations beside imports. They wait for a part of the import's turn and never
//! fail.

mod beside;
mod importer;

use std::path::Path;
use std::time::{Duration, Instant};

use models_core::Scope;
use sqlx::{Connection, Executor, PgConnection, PgPool, SqliteConnection};

use self::beside::{Beside, P99, SLOWEST};
use self::importer::{Importer, finish};
use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The milliseconds for which the control holds the lock.
const HELD: u64 = 6_000;

pub async fn run(report: &mut Report, program: &Path, models: usize) -> Result<(), Failure> {
    let server = Database::start()?;
    on(report, program, "PostgreSQL", &server.url(), models).await?;
    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/models.db", directory.path().display());
    on(report, program, "SQLite", &url, models).await
}

async fn on(
    report: &mut Report,
    program: &Path,
    kind: &str,
    url: &str,
    models: usize,
) -> Result<(), Failure> {
    let catalog = Catalog::make(url).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url.to_owned(),
        prefix: vec![],
        variables: vec![],
    })
    .await?;
    let importer = Importer::new(program, url, models)?;
    killed(
        report,
        &format!("imports, {kind}, killed"),
        &catalog,
        &importer,
    )
    .await?;
    let mut beside = Beside::new(catalog, node);
    for (what, created) in [("all new", 1), ("all changed", 2), ("none changed", 2)] {
        let name = format!("imports, {kind}, {models} models, {what}");
        beside.refill().await?;
        let list = importer.list(created)?;
        let importing = async { finish(importer.start(&list, &[])?).await };
        let began = Instant::now();
        let (done, took) = beside.run(importing).await?;
        let import_took = format!("{:.1} s", began.elapsed().as_secs_f64());
        let number = |field: &str| done[field].as_u64().unwrap_or(u64::MAX);
        let counts = ["created", "updated", "unchanged"].map(number);
        let of = u64::try_from(models)?;
        let expected = [("all new", 0), ("all changed", 1), ("none changed", 2)];
        let place = expected.iter().find(|(name, _)| *name == what);
        let is_whole = place.is_some_and(|(_, place)| counts[*place] == of);
        report.row(&name, "the import took", import_took, "shown", is_whole);
        let turn = Duration::from_millis(number("turn_ms"));
        let shown = format!("{} ms", turn.as_millis());
        report.timed(
            &name,
            "the import held the turn for",
            shown,
            "at most 2000 ms",
            turn <= P99 * 2,
        );
        took.report(report, &name);
    }
    beside.refill().await?;
    let name = format!("imports, {kind}, control: the turn is held for 6 s");
    let ((), took) = beside.run(hold(url)).await?;
    let missed = took.slow(SLOWEST);
    report.some(
        &name,
        "deletions and revocations that failed or took over 4 s",
        missed,
        took.0.len(),
    );
    Ok(())
}

/// Kills imports. Each must leave nothing, or be committed completely.
async fn killed(
    report: &mut Report,
    name: &str,
    catalog: &Catalog,
    importer: &Importer,
) -> Result<(), Failure> {
    let other = catalog.another("other").await?;
    let list = importer.list(1)?;
    let (mut halves, mut killed) = (0, 0);
    for milliseconds in [50, 100, 200, 400, 800, 1_600] {
        let mut child = importer.start(&list, &["--organization", "other"])?;
        wait(milliseconds).await;
        killed += usize::from(child.try_wait()?.is_none());
        child.kill().await?;
        let scope = Scope::Organization(other.organization.id.clone());
        let count = catalog.store.models.list(&scope).await?.len();
        halves += usize::from(count != 0 && count != importer.models);
    }
    report.none(
        name,
        "killed imports that left a part in the catalog",
        halves,
        killed,
        1,
    );
    if importer.url.starts_with("postgres") {
        let pool = PgPool::connect(&importer.url).await?;
        let count = "SELECT count(*) FROM pg_class WHERE relname = 'staged_models'";
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut left: i64 = i64::MAX;
        while left > 0 && Instant::now() < deadline {
            left = sqlx::query_scalar(count).fetch_one(&pool).await?;
            wait(50).await;
        }
        report.none(
            name,
            "temporary tables that killed imports left",
            usize::try_from(left)?,
            killed,
            1,
        );
    }
    Ok(())
}

/// Holds the turn, as an import would that took it at its beginning.
async fn hold(url: &str) -> Result<(), Failure> {
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await?;
        connection.execute("BEGIN IMMEDIATE").await?;
        wait(HELD).await;
        connection.execute("ROLLBACK").await?;
    } else {
        let mut connection = PgConnection::connect(url).await?;
        let take_turn = "BEGIN; UPDATE catalog SET revision = revision";
        connection.execute(take_turn).await?;
        wait(HELD).await;
        connection.execute("ROLLBACK").await?;
    }
    Ok(())
}
