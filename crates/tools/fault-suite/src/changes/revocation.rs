//! After a revocation has returned, no node accepts the key. This includes nodes that are stopped
//! or cut off, whose clock is wrong, or whose database restarts.

use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join_all};
use models_core::ApiKeyId;

use crate::Failure;
use crate::environment::catalog::{Catalog, UnsafeWriter, origin};
use crate::environment::node::{LEASE, Node};
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

type Key = (ApiKeyId, String);

/// Runs all cases, each with `count` keys.
pub async fn run(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    healthy(scene, count).await?;
    control(scene, count / 10).await?;
    stopped(scene, count).await?;
    cut_off(scene, count).await?;
    restarted(scene, count).await?;
    of_another_time(scene, count).await
}

/// Sends every key to every node, so that the nodes have them in memory.
async fn warm(nodes: &[Node], keys: &[Key]) -> Result<(), Failure> {
    for (_, secret) in keys {
        for node in nodes {
            let response = node.get(secret, "/v1/models", None).await?;
            if response.status != 200 {
                return Err(format!("a valid key returned {}", response.status).into());
            }
        }
    }
    Ok(())
}

/// Counts the nodes that accept the key now.
async fn accepted(nodes: &[Node], secret: &str) -> Result<usize, Failure> {
    let requests = nodes
        .iter()
        .map(|node| node.get(secret, "/v1/models", None));
    let responses = try_join_all(requests).await?;
    Ok(responses
        .iter()
        .filter(|response| response.status == 200)
        .count())
}

/// Revokes a key, and then sends it to all nodes at once. Returns the duration of the revocation
/// and the number of nodes that accepted the key.
async fn revoke_and_probe(
    catalog: &Catalog,
    nodes: &[Node],
    (id, secret): &Key,
) -> Result<(Duration, usize), Failure> {
    let began = Instant::now();
    while catalog.store.api_keys.revoke(id, origin()).await.is_err() {
        // The database is away, and the outcome is unknown.
        wait(50).await;
    }
    Ok((began.elapsed(), accepted(nodes, secret).await?))
}

async fn healthy(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    let (mut durations, mut taken) = (vec![], 0);
    for keys in keys.chunks(50) {
        warm(&scene.nodes, keys).await?;
        for key in keys {
            let (took, accepted) = revoke_and_probe(&scene.catalog, &scene.nodes, key).await?;
            durations.push(took);
            taken += accepted;
        }
    }
    let (name, probes) = ("revocation, healthy", count * scene.nodes.len());
    let report = &mut scene.report;
    report.none(
        name,
        "probes accepted after the revocation returned",
        taken,
        probes,
        probes,
    );
    report.within(
        name,
        "the call",
        &mut durations,
        50,
        Duration::from_millis(50),
    );
    report.within(
        name,
        "the call",
        &mut durations,
        99,
        Duration::from_millis(50),
    );
    Ok(())
}

/// Shows that without a barrier a node that is cut off still accepts the key.
async fn control(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    warm(&scene.nodes, &keys).await?;
    let hasty = UnsafeWriter(scene.pool().await?);
    scene.forwarder.cut();
    let mut taken = 0;
    for (id, secret) in &keys {
        hasty.revoke(id).await?;
        taken += accepted(&scene.nodes, secret).await?;
    }
    scene.forwarder.heal();
    scene.report.some(
        "revocation, control: no barrier",
        "probes accepted after the revocation, a node cut off",
        taken,
        count * scene.nodes.len(),
    );
    scene.settle().await
}

async fn all_at_once(scene: &Scene, keys: &[Key]) -> Vec<Result<Duration, Failure>> {
    let revoking = keys.iter().map(|(id, _)| async {
        let began = Instant::now();
        while scene
            .catalog
            .store
            .api_keys
            .revoke(id, origin())
            .await
            .is_err()
        {
            wait(50).await;
        }
        Ok(began.elapsed())
    });
    join_all(revoking).await
}

async fn stopped(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    warm(&scene.nodes, &keys).await?;
    scene.nodes[2].signal("-STOP")?;
    let began = Instant::now();
    let durations = all_at_once(scene, &keys).await;
    let mut durations: Vec<Duration> = durations.into_iter().collect::<Result<_, _>>()?;
    wait(10_000_u64.saturating_sub(u64::try_from(began.elapsed().as_millis())?)).await;
    scene.nodes[2].signal("-CONT")?;
    let mut taken = 0;
    for (_, secret) in &keys {
        taken += accepted(&scene.nodes, secret).await?;
    }
    let (name, probes) = (
        "revocation, a node stopped for 10 s",
        count * scene.nodes.len(),
    );
    let report = &mut scene.report;
    report.none(
        name,
        "probes accepted after the revocation returned",
        taken,
        probes,
        probes,
    );
    let limit = LEASE + Duration::from_millis(500);
    report.within(name, "the call", &mut durations, 99, limit);
    scene.settle().await
}

async fn cut_off(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    warm(&scene.nodes, &keys).await?;
    let owner = scene.catalog.owner.clone();
    scene.nodes[2].get(&owner, "/v1/models", None).await?;
    scene.forwarder.cut();
    let began = Instant::now();
    let node = &scene.nodes[2];
    // This measures how long the node serves while the revocations wait.
    let watching = async {
        let mut last = Duration::ZERO;
        while began.elapsed() < LEASE + Duration::from_secs(2) {
            let sent = began.elapsed();
            if node.get(&owner, "/v1/models", None).await?.status == 200 {
                last = sent;
            }
            wait(5).await;
        }
        Ok::<_, Failure>(last)
    };
    let (durations, last) = tokio::join!(all_at_once(scene, &keys), watching);
    let mut durations: Vec<Duration> = durations.into_iter().collect::<Result<_, _>>()?;
    let last = last?;
    let mut taken = 0;
    for (_, secret) in &keys {
        taken += accepted(&scene.nodes, secret).await?;
    }
    let status = scene.nodes[2].get(&owner, "/v1/models", None).await?.status;
    scene.forwarder.heal();
    let healed = Instant::now();
    while scene.nodes[2].get(&owner, "/v1/models", None).await?.status != 200 {
        wait(5).await;
    }
    let back = healed.elapsed();
    let (name, probes) = ("revocation, a node cut off", count * scene.nodes.len());
    let report = &mut scene.report;
    report.none(
        name,
        "probes accepted after the revocation returned",
        taken,
        probes,
        probes,
    );
    let limit = LEASE + Duration::from_millis(500);
    report.within(name, "the call", &mut durations, 99, limit);
    let seconds = |duration: Duration| format!("{:.2} s", duration.as_secs_f64());
    let whole = last + Duration::from_millis(1_250) >= LEASE && last <= LEASE;
    report.timed(
        name,
        "the node served for",
        seconds(last),
        "its lease, which was renewed up to 1.25 s before",
        whole,
    );
    report.row(
        name,
        "and then returns",
        status.to_string(),
        "503",
        status == 503,
    );
    report.timed(
        name,
        "recovered after the cut",
        seconds(back),
        "at most 2 s",
        back <= Duration::from_secs(2),
    );
    scene.settle().await
}

async fn restarted(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    warm(&scene.nodes, &keys).await?;
    let mut taken = 0;
    for (place, key) in keys.iter().enumerate() {
        if place == count / 2 {
            scene.database.restart()?;
        }
        taken += revoke_and_probe(&scene.catalog, &scene.nodes, key).await?.1;
    }
    let (name, probes) = (
        "revocation, the database restarted",
        count * scene.nodes.len(),
    );
    scene.report.none(
        name,
        "probes accepted after the revocation returned",
        taken,
        probes,
        probes,
    );
    scene.settle().await
}

async fn of_another_time(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if !std::path::Path::new(LIBRARY).exists() {
        return Err(format!(
            "{LIBRARY} is missing (Debian and Ubuntu: apt-get install libfaketime)"
        )
        .into());
    }
    let mut how = scene.how.clone();
    how.variables
        .push(("LD_PRELOAD".to_owned(), LIBRARY.to_owned()));
    how.variables
        .push(("FAKETIME".to_owned(), "-1h".to_owned()));
    let mut nodes = vec![];
    for _ in 0..scene.nodes.len() {
        nodes.push(Node::start(&how).await?);
    }
    let keys = scene.catalog.keys(count).await?;
    warm(&nodes, &keys).await?;
    let mut taken = 0;
    for key in &keys {
        taken += revoke_and_probe(&scene.catalog, &nodes, key).await?.1;
    }
    let (name, probes) = (
        "revocation, nodes whose clocks are an hour behind",
        count * nodes.len(),
    );
    scene.report.none(
        name,
        "probes accepted after the revocation returned",
        taken,
        probes,
        probes,
    );
    for node in nodes {
        node.kill()?;
    }
    scene.settle().await
}
