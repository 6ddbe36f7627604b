//! Clients that disconnect before their response. No transaction may stay open.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::Failure;
use crate::environment::node::{Node, Start};
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

pub async fn run(scene: &mut Scene, clients: usize) -> Result<(), Failure> {
    let ids: Vec<String> = (0..clients)
        .map(|number| format!("leave-{number}"))
        .collect();
    scene.catalog.add(&ids).await?;
    let mut variables = scene.how.variables.clone();
    variables.push((
        "MODELS__DATABASE__MAX_CONNECTIONS".to_owned(),
        "2".to_owned(),
    ));
    let how = Start {
        variables,
        ..scene.how.clone()
    };
    let node = Node::start(&how).await?;
    let keys = scene.catalog.keys(clients / 4).await?;
    let leaving = ids.iter().enumerate().map(|(number, id)| {
        let (node, owner, keys) = (&node, &scene.catalog.owner, &keys);
        async move {
            let patience = Duration::from_micros((number as u64 * 617) % 5_000);
            // One of four clients lists with a key that the node must look up; the others delete.
            let request = async {
                match keys.get(number / 4).filter(|_| number % 4 == 0) {
                    Some((_, secret)) => drop(node.get(secret, "/v1/models", None).await),
                    None => drop(node.delete(owner, id).await),
                }
            };
            tokio::time::timeout(patience, request).await.is_err()
        }
    });
    let left = join_all(leaving)
        .await
        .into_iter()
        .filter(|left| *left)
        .count();
    wait(2_000).await;
    let pool = scene.pool().await?;
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    let (idle,): (i64,) = sqlx::query_as(idle).fetch_one(&pool).await?;
    let name = "clients that disconnect";
    let idle = usize::try_from(idle)?;
    scene
        .report
        .none(name, "transactions left open", idle, left, clients / 2);
    let began = Instant::now();
    let id = "after-the-clients".to_owned();
    scene.catalog.add(std::slice::from_ref(&id)).await?;
    let status = node.delete(&scene.catalog.owner, &id).await?.status;
    let found = format!("{status} after {} ms", began.elapsed().as_millis());
    scene
        .report
        .row(name, "the next deletion", found, "200", status == 200);
    node.kill()?;
    scene.settle().await
}
