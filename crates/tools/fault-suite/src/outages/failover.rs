//! The primary is killed, and the standby takes its place.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::forwarder::Forwarder;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

pub async fn run(report: &mut Report, program: &Path, seconds: u64) -> Result<(), Failure> {
    for is_synchronous in [true, false] {
        once(report, program, seconds, is_synchronous).await?;
    }
    Ok(())
}

async fn once(
    report: &mut Report,
    program: &Path,
    seconds: u64,
    is_synchronous: bool,
) -> Result<(), Failure> {
    let mut primary = Database::start()?;
    let standby = primary.standby()?;
    if is_synchronous {
        let pool = sqlx::PgPool::connect(&primary.url()).await?;
        for statement in [
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()::text",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        wait(500).await;
    }
    let forwarder = Forwarder::start(primary.port).await?;
    let url = Database::url_through(forwarder.port);
    let catalog = Catalog::make(&url).await?;
    let ids: Vec<String> = (0..20_000)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let how = Start {
        program: program.to_owned(),
        database_url: url,
        prefix: vec![],
        variables: vec![],
    };
    let nodes = [Node::start(&how).await?, Node::start(&how).await?];
    let mut acknowledged = HashSet::new();
    let began = Instant::now();
    let mut left = ids.iter();
    let mut failed_over = None;
    while began.elapsed() < Duration::from_secs(seconds * 2) {
        if failed_over.is_none() && began.elapsed() > Duration::from_secs(seconds) {
            primary.kill()?;
            standby.promote()?;
            forwarder.lead_to(standby.port);
            failed_over = Some(Instant::now());
        }
        let id = left.next().ok_or("the models are used up")?;
        match nodes[acknowledged.len() % 2]
            .delete(&catalog.owner, id)
            .await
        {
            Ok(response) if response.status == 200 => drop(acknowledged.insert(id.clone())),
            Ok(_) | Err(_) => wait(20).await,
        }
    }
    wait(1_000).await;
    let present: HashSet<String> = catalog.ids().await?.into_iter().collect();
    let lost = acknowledged.intersection(&present).count();
    let kind = if is_synchronous {
        "synchronous"
    } else {
        "asynchronous"
    };
    let name = format!("failover, {kind} standby");
    if is_synchronous {
        report.none(
            &name,
            "acknowledged deletions lost",
            lost,
            acknowledged.len(),
            100,
        );
    } else {
        let found = format!("{lost} of {}", acknowledged.len());
        report.row(
            &name,
            "acknowledged deletions lost",
            found,
            "may be some",
            true,
        );
    }
    // Nothing of the old epoch may remain: the nodes show exactly the models of the new primary.
    let mut different = 0;
    for node in &nodes {
        let response = node.get(&catalog.owner, "/v1/models", None).await?;
        let models: serde_json::Value = serde_json::from_str(&response.body)?;
        let shown: HashSet<String> = models["data"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|model| model["id"].as_str().map(str::to_owned))
            .collect();
        different += shown.symmetric_difference(&present).count();
    }
    report.none(
        &name,
        "models that only a node shows or only the new primary holds",
        different,
        present.len() * 2,
        1,
    );
    catalog.store.close().await;
    Ok(())
}
