//! Once a revocation is answered, no node takes the key: also one that is stopped, cut off, of
//! another time, or whose database is restarted.

use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join_all};
use models_core::ApiKeyId;

use crate::Failure;
use crate::environment::catalog::{Catalog, Hasty, origin};
use crate::environment::node::{LEASE, Node};
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

type Key = (ApiKeyId, String);

/// How many keys there are for each case.
pub async fn run(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    healthy(scene, count).await?;
    control(scene, count / 10).await?;
    stopped(scene, count).await?;
    cut_off(scene, count).await?;
    restarted(scene, count).await?;
    of_another_time(scene, count).await
}

/// Every node takes every key, and so has it in memory.
async fn warm(nodes: &[Node], keys: &[Key]) -> Result<(), Failure> {
    for (_, secret) in keys {
        for node in nodes {
            let answer = node.get(secret, "/v1/models", None).await?;
            if answer.status != 200 {
                return Err(format!("a good key was answered with {}", answer.status).into());
            }
        }
    }
    Ok(())
}

/// How many nodes take a key, asked from now on.
async fn accepted(nodes: &[Node], secret: &str) -> Result<usize, Failure> {
    let asking = nodes
        .iter()
        .map(|node| node.get(secret, "/v1/models", None));
    let answers = try_join_all(asking).await?;
    Ok(answers.iter().filter(|answer| answer.status == 200).count())
}

/// Revokes one, and asks all nodes at once. How long the revocation took, and how many took the key.
async fn revoke_and_probe(
    catalog: &Catalog,
    nodes: &[Node],
    (id, secret): &Key,
) -> Result<(Duration, usize), Failure> {
    let began = Instant::now();
    while catalog.store.api_keys.revoke(id, origin()).await.is_err() {
        // The database is away, and what became of it is not known.
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
        "probes accepted after the answer",
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

/// Who does not wait is contradicted by a node that is cut off.
async fn control(scene: &mut Scene, count: usize) -> Result<(), Failure> {
    let keys = scene.catalog.keys(count).await?;
    warm(&scene.nodes, &keys).await?;
    let hasty = Hasty(scene.pool().await?);
    scene.forwarder.cut();
    let mut taken = 0;
    for (id, secret) in &keys {
        hasty.revoke(id).await?;
        taken += accepted(&scene.nodes, secret).await?;
    }
    scene.forwarder.heal();
    scene.report.some(
        "revocation, control: nobody waits",
        "probes accepted after the answer, a node cut off",
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
        "probes accepted after the answer",
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
    // How long the node goes on answering, seen beside the revocations.
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
        "probes accepted after the answer",
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
        "it went on answering for",
        seconds(last),
        "its lease, which was renewed up to 1.25 s before",
        whole,
    );
    report.row(
        name,
        "and then answers",
        status.to_string(),
        "503",
        status == 503,
    );
    report.timed(
        name,
        "back after healing",
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
        "probes accepted after the answer",
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
            "there is no {LIBRARY} (Debian and Ubuntu: apt-get install libfaketime)"
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
        "probes accepted after the answer",
        taken,
        probes,
        probes,
    );
    for node in nodes {
        node.kill()?;
    }
    scene.settle().await
}
