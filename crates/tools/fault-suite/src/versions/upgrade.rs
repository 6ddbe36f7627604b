//! A newer version migrates the database while nodes of this version run.

use std::path::Path;
use std::process::Command;

use models_core::Role;
use sqlx::{Executor, PgPool};

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::report::Report;

/// A migration in the project's form: it adds columns with defaults, and removes nothing.
const MIGRATE: &str = "BEGIN; ALTER TABLE models ADD COLUMN later TEXT; ALTER TABLE api_keys ADD COLUMN later BIGINT NOT NULL DEFAULT 0; \
    CREATE TABLE later (id TEXT); \
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
    SELECT max(version) + 1, 'later', true, '\\x00', 0 FROM _sqlx_migrations; COMMIT";

pub async fn run(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let database = Database::start()?;
    let catalog = Catalog::make(&database.url()).await?;
    let ids: Vec<String> = (0..200).map(|number| format!("model-{number}")).collect();
    catalog.add(&ids).await?;
    let how = Start {
        program: program.to_owned(),
        database_url: database.url(),
        prefix: vec![],
        variables: vec![],
    };
    let nodes = [Node::start(&how).await?, Node::start(&how).await?];
    let pool = PgPool::connect(&database.url()).await?;
    let (mut failed, mut of) = (0, 0);
    for (number, id) in ids.iter().enumerate() {
        if number == ids.len() / 2 {
            pool.execute(MIGRATE).await?;
        }
        let deleted = nodes[number % 2].delete(&catalog.owner, id).await?.status;
        let gone = nodes[1 - number % 2]
            .get(&catalog.owner, &format!("/v1/models/{id}"), None)
            .await?
            .status;
        // No node has the key in memory, so it is read from the table with the new column.
        let (_, fresh) = catalog.key(Role::Reader).await?;
        let read = nodes[0].get(&fresh, "/v1/models", None).await?.status;
        let well = [deleted == 200, gone == 404, read == 200];
        failed += well.iter().filter(|well| !**well).count();
        of += well.len();
    }
    let name = "a newer version migrates the database";
    report.none(
        name,
        "requests to nodes of this version that failed",
        failed,
        of,
        600,
    );
    let started = Command::new(program)
        .arg("serve")
        .env_clear()
        .env("MODELS__DATABASE__URL", database.url())
        .output()?;
    let printed = String::from_utf8_lossy(&started.stderr);
    let is_refused =
        !started.status.success() && printed.contains("the database is newer than this program");
    report.row(
        name,
        "the start of a node of this version",
        if is_refused {
            "is refused"
        } else {
            "is not refused"
        }
        .to_owned(),
        "is refused with the reason",
        is_refused,
    );
    Ok(())
}
