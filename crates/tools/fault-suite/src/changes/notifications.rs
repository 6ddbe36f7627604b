//! The time until nodes show a change without a barrier, with and without notifications.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::Failure;
use crate::environment::catalog::UnsafeWriter;
use crate::environment::node::Node;
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

pub async fn run(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let mut seen = vec![];
    for _ in 0..count {
        seen.extend(add_and_watch(scene).await?);
    }
    let name = "visibility, healthy";
    scene.report.within(
        name,
        "a new model on all nodes",
        &mut seen,
        50,
        Duration::from_millis(5),
    );
    scene.report.within(
        name,
        "a new model on all nodes",
        &mut seen,
        99,
        Duration::from_millis(50),
    );
    suppressed(scene, count / 10).await?;
    terminated(scene, count / 10).await?;
    reset(scene, count / 10).await
}

/// Adds a model, and returns the time until each node shows it.
async fn add_and_watch(scene: &Scene) -> Result<Vec<Duration>, Failure> {
    let id = format!("model-{}", Uuid::now_v7().simple());
    let path = format!("/v1/models/{id}");
    let owner = &scene.catalog.owner;
    for node in &scene.nodes {
        node.get(owner, &path, None).await?;
    }
    scene.catalog.add(std::slice::from_ref(&id)).await?;
    let began = Instant::now();
    watch(&scene.nodes, owner, &path, 200, began).await
}

async fn watch(
    nodes: &[Node],
    owner: &str,
    path: &str,
    status: u16,
    began: Instant,
) -> Result<Vec<Duration>, Failure> {
    let watching = nodes.iter().map(|node| async move {
        while node.get(owner, path, None).await?.status != status {
            wait(1).await;
        }
        Ok::<_, Failure>(began.elapsed())
    });
    try_join_all(watching).await
}

/// Deletes models without a notification; the poll must find the change.
async fn suppressed(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let hasty = UnsafeWriter(scene.pool().await?);
    let owner = scene.catalog.owner.clone();
    let mut gone = vec![];
    for number in 0..count {
        let id = format!("silent-{number}-{}", Uuid::now_v7().simple());
        let path = format!("/v1/models/{id}");
        scene.catalog.add(std::slice::from_ref(&id)).await?;
        watch(&scene.nodes, &owner, &path, 200, Instant::now()).await?;
        hasty.delete_silently(&id).await?;
        gone.extend(watch(&scene.nodes, &owner, &path, 404, Instant::now()).await?);
    }
    let limit = Duration::from_millis(500);
    scene.report.within(
        "visibility, no notification",
        "a change on all nodes",
        &mut gone,
        100,
        limit,
    );
    let slowest = gone.last().copied().unwrap_or_default();
    scene.report.row(
        "visibility, control: no notification",
        "the slowest took",
        format!("{:.0} ms", slowest.as_secs_f64() * 1e3),
        "more than the 50 ms of a notification",
        slowest > Duration::from_millis(50),
    );
    Ok(())
}

/// Ends the listening connections, and makes changes before they can be back.
async fn terminated(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let pool = scene.pool().await?;
    let terminate =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'";
    let mut seen = vec![];
    let mut terminated = 0;
    for _ in 0..count {
        terminated += sqlx::query(terminate).fetch_all(&pool).await?.len();
        seen.extend(add_and_watch(scene).await?);
        // A node reconnects after half a second.
        wait(700).await;
    }
    let name = "visibility, listeners terminated";
    let enough = terminated >= count * scene.nodes.len();
    let found = format!("{terminated}");
    scene.report.row(
        name,
        "connections terminated",
        found,
        "three each time",
        enough,
    );
    scene.report.within(
        name,
        "a new model on all nodes",
        &mut seen,
        100,
        Duration::from_millis(500),
    );
    Ok(())
}

/// Resets the connections of one node, and makes a change before it can have new ones.
async fn reset(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let mut seen = vec![];
    for _ in 0..count {
        scene.forwarder.reset();
        seen.extend(add_and_watch(scene).await?);
        wait(700).await;
    }
    scene.report.within(
        "visibility, connections of a node reset",
        "a new model on all nodes",
        &mut seen,
        100,
        Duration::from_millis(500),
    );
    Ok(())
}
