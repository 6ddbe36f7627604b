//! A node that is killed repeatedly while it deletes. Its acknowledged deletions must stay.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

pub async fn run(report: &mut Report, program: &Path, kills: usize) -> Result<(), Failure> {
    let database = Database::start()?;
    on(
        "kill -9, PostgreSQL",
        report,
        program,
        &database.url(),
        kills,
    )
    .await?;
    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/models.db", directory.path().display());
    on("kill -9, SQLite", report, program, &url, kills).await?;
    let file = format!("{}/models.db", directory.path().display());
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    let (found,): (String,) = sqlx::query_as("PRAGMA integrity_check")
        .fetch_one(&pool)
        .await?;
    let is_whole = found == "ok";
    report.row("kill -9, SQLite", "integrity check", found, "ok", is_whole);
    Ok(())
}

async fn on(
    name: &str,
    report: &mut Report,
    program: &Path,
    url: &str,
    kills: usize,
) -> Result<(), Failure> {
    let catalog = Catalog::make(url).await?;
    let ids: Vec<String> = (0..kills * 400)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let how = Start {
        program: program.to_owned(),
        database_url: url.to_owned(),
        prefix: vec![],
        variables: vec![],
    };
    let mut left = ids.into_iter();
    let mut acknowledged = HashSet::new();
    for number in 0..kills {
        let node = Node::start(&how).await?;
        // The first deletion waits for the lease of the killed node; the later ones are quick.
        let first = left.next().ok_or("the models are used up")?;
        if node.delete(&catalog.owner, &first).await?.status == 200 {
            acknowledged.insert(first);
        }
        let deadline = tokio::time::sleep(Duration::from_millis(150 + (number as u64 * 97) % 450));
        let deleting = async {
            for id in left.by_ref().take(399) {
                match node.delete(&catalog.owner, &id).await {
                    Ok(response) if response.status == 200 => drop(acknowledged.insert(id)),
                    Ok(_) | Err(_) => {}
                }
            }
            wait(60_000).await;
        };
        tokio::select! {
            () = deadline => {}
            () = deleting => {}
        }
        node.kill()?;
    }
    let present: HashSet<String> = catalog.ids().await?.into_iter().collect();
    let lost = acknowledged.intersection(&present).count();
    report.none(
        name,
        "acknowledged deletions lost",
        lost,
        acknowledged.len(),
        kills,
    );
    catalog.store.close().await;
    Ok(())
}
