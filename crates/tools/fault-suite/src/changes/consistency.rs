//! Six clients read and change fifty models on three nodes, while nodes are stopped and killed and
//! listeners ended.
//!
//! A model is a register that holds whether the model exists. The operations on each model must be
//! linearizable. They are additions (with the store, as on the command line), deletions, and reads
//! with `Cache-Control: no-cache`, of the model or the list.
//!
//! Reads without that header have weaker rules: a read sent after a deletion returned does not show
//! the model, and a read with the token of a response shows at least the state of that response.

mod model;
mod register;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::try_join_all;

use self::model::{Operation, Outcome};
use self::register::{Counts, Register};
use crate::Failure;
use crate::environment::node::{Node, Response};
use crate::environment::scene::Scene;
use crate::environment::wait::wait;

const CLIENTS: usize = 6;
const IDS: usize = 50;
const NEWEST: (&str, &str) = ("Cache-Control", "no-cache");

/// A small random generator with the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

pub async fn run(scene: &mut Scene, operations: usize) -> Result<(), Failure> {
    let registers: Vec<Register> = (0..IDS).map(Register::new).collect();
    let counts = Arc::new(Counts {
        operations: AtomicUsize::new(0),
        violations: AtomicUsize::new(0),
        doubtful: AtomicUsize::new(0),
    });
    let nodes: Vec<&Node> = scene.nodes.iter().collect();
    let clients =
        (0..CLIENTS).map(|number| client(scene, &nodes, &registers, &counts, number, operations));
    let faults = faults(scene, &counts, operations);
    let (clients, faults) = tokio::join!(try_join_all(clients), faults);
    clients?;
    let faults = faults?;
    for register in &registers {
        register.check(&counts).await;
    }
    let (done, violations) = (
        counts.operations.load(Ordering::Relaxed),
        counts.violations.load(Ordering::Relaxed),
    );
    let name = format!("consistency, {faults} faults");
    scene
        .report
        .none(&name, "violations", violations, done, operations);
    let doubtful = counts.doubtful.load(Ordering::Relaxed);
    scene.report.row(
        &name,
        "operations without a response",
        doubtful.to_string(),
        "any number",
        true,
    );
    control(scene).await
}

/// Checks plain reads as if they were linearizable. The test must find violations, because plain
/// reads may be old.
async fn control(scene: &mut Scene) -> Result<(), Failure> {
    let register = Register::new(IDS);
    let counts = Counts {
        operations: AtomicUsize::new(0),
        violations: AtomicUsize::new(0),
        doubtful: AtomicUsize::new(0),
    };
    let owner = &scene.catalog.owner;
    let node = &scene.nodes[2];
    for _ in 0..20 {
        node.get(owner, &register.path(), None).await?;
        scene.forwarder.cut();
        let add = async {
            scene
                .catalog
                .add(std::slice::from_ref(&register.id))
                .await?;
            Ok(Outcome::Added)
        };
        register.record(&counts, Operation::Add, add).await;
        let read = async { seen(&node.get(owner, &register.path(), None).await?) };
        register.record(&counts, Operation::Read, read).await;
        scene.forwarder.heal();
        wait(600).await;
        let delete = async { deleted(&scene.nodes[0].delete(owner, &register.id).await?) };
        register.record(&counts, Operation::Delete, delete).await;
        register.check(&counts).await;
    }
    let violations = counts.violations.load(Ordering::Relaxed);
    scene.report.some(
        "consistency, control: plain reads, checked as the newest",
        "violations found",
        violations,
        20,
    );
    Ok(())
}

/// Injects faults while the clients run, and returns their number.
async fn faults(scene: &Scene, counts: &Counts, operations: usize) -> Result<usize, Failure> {
    let pool = scene.pool().await?;
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE application_name = 'models-api' AND pid <> pg_backend_pid()";
    let mut faults = 0;
    while counts.operations.load(Ordering::Relaxed) < operations {
        match faults % 3 {
            0 => {
                scene.nodes[1].signal("-STOP")?;
                wait(1_500).await;
                scene.nodes[1].signal("-CONT")?;
            }
            1 => {
                scene.forwarder.cut();
                wait(1_000).await;
                scene.forwarder.heal();
            }
            _ => drop(sqlx::query(terminate).fetch_all(&pool).await?),
        }
        faults += 1;
        wait(2_500).await;
    }
    Ok(faults)
}

async fn client(
    scene: &Scene,
    nodes: &[&Node],
    registers: &[Register],
    counts: &Counts,
    number: usize,
    operations: usize,
) -> Result<(), Failure> {
    let mut random = Random(number as u64 + 1);
    let owner = &scene.catalog.owner;
    while counts.operations.load(Ordering::Relaxed) < operations {
        let register = &registers[random.below(registers.len())];
        let node = nodes[random.below(nodes.len())];
        let path = register.path();
        match random.below(10) {
            0 | 1 => {
                let add = async {
                    scene
                        .catalog
                        .add(std::slice::from_ref(&register.id))
                        .await?;
                    Ok(Outcome::Added)
                };
                register.record(counts, Operation::Add, add).await;
            }
            2 => {
                let delete = async { deleted(&node.delete(owner, &register.id).await?) };
                register.record(counts, Operation::Delete, delete).await;
            }
            3 => {
                let list = async {
                    let response = node.get(owner, "/v1/models", Some(NEWEST)).await?;
                    match response.status.as_u16() {
                        200 => Ok(Outcome::Seen(response.body.contains(&register.quoted()))),
                        status => Err(format!("{status}").into()),
                    }
                };
                register.record(counts, Operation::Read, list).await;
            }
            4 => sequence(scene, nodes, register, counts, &mut random).await,
            _ => {
                let read = async { seen(&node.get(owner, &path, Some(NEWEST)).await?) };
                register.record(counts, Operation::Read, read).await;
            }
        }
        if register.history.lock().await.is_over() {
            register.begin_anew(scene, counts).await;
        }
    }
    Ok(())
}

/// Runs a sequence with exclusive access to the model: adds it, reads it on two nodes, the second
/// time with the first response's token, and deletes it. No node may show the deleted model.
async fn sequence(
    scene: &Scene,
    nodes: &[&Node],
    register: &Register,
    counts: &Counts,
    random: &mut Random,
) {
    let _alone = register.quiet.write().await;
    register.check(counts).await;
    let owner = &scene.catalog.owner;
    let (one, other) = (
        nodes[random.below(nodes.len())],
        nodes[random.below(nodes.len())],
    );
    let path = register.path();
    let tried = async {
        scene
            .catalog
            .add(std::slice::from_ref(&register.id))
            .await?;
        let first = one.get(owner, &path, Some(NEWEST)).await?;
        let token = first.revision.clone().ok_or("the response has no token")?;
        let header = Some(("X-Models-Min-Revision", token.as_str()));
        let second = other.get(owner, &path, header).await?;
        let gone = one.delete(owner, &register.id).await?;
        let mut shown = vec![];
        for node in nodes {
            shown.push(node.get(owner, &path, None).await?.status.as_u16());
        }
        Ok::<_, Failure>((first, second, gone, shown))
    };
    counts
        .operations
        .fetch_add(4 + nodes.len(), Ordering::Relaxed);
    if let Ok((first, second, gone, shown)) = tried.await {
        let statuses = [&first, &second, &gone].map(|response| response.status.as_u16());
        let is_wrong = statuses.iter().any(|status| ![200, 503].contains(status))
            || (gone.status == 200 && shown.contains(&200));
        if is_wrong {
            eprintln!("{}: {statuses:?}, then {shown:?}", register.id);
            counts.violations.fetch_add(1, Ordering::Relaxed);
        }
    }
    register.begin(scene).await;
}

fn seen(response: &Response) -> Result<Outcome, Failure> {
    match response.status.as_u16() {
        200 => Ok(Outcome::Seen(true)),
        404 => Ok(Outcome::Seen(false)),
        status => Err(format!("{status}").into()),
    }
}

fn deleted(response: &Response) -> Result<Outcome, Failure> {
    match response.status.as_u16() {
        200 => Ok(Outcome::Deleted(true)),
        404 => Ok(Outcome::Deleted(false)),
        status => Err(format!("{status}").into()),
    }
}
