//! Connections to the database fall silent in mid-statement: no packet arrives, and no connection
//! ends. New connections work. The node must serve everything again within 10 s.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use models_core::Role;
use sqlx::{Connection, Executor, PgConnection};

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::forwarder::Forwarder;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

const BACK_WITHIN: Duration = Duration::from_secs(10);
/// The time after which the node counts as not recovered.
const PATIENCE: Duration = Duration::from_secs(20);
/// Locks the tables that renewals, reads and writes need, so that their statements wait in the
/// server.
const LOCK: &str = "BEGIN; LOCK TABLE nodes, catalog, events, models, api_keys, organizations";

pub async fn run(report: &mut Report, program: &Path, rounds: usize) -> Result<(), Failure> {
    let database = Database::start()?;
    let forwarder = Forwarder::start(database.port).await?;
    let catalog = Catalog::make(&database.url()).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: Database::url_through(forwarder.port),
        prefix: vec![],
        variables: vec![],
    })
    .await?;
    let name = "connections fall silent in mid-statement";
    let mut back = vec![];
    for round in 0..rounds {
        let began = fall_silent(&database, &catalog, &node, round, || forwarder.silence()).await?;
        back.push(wait_until_back(&catalog, &node, round, began).await?);
    }
    let late = back.iter().filter(|back| back.is_none()).count();
    report.none(
        name,
        "rounds after which the node did not recover",
        late,
        rounds,
        rounds,
    );
    let mut back: Vec<_> = back.into_iter().flatten().collect();
    report.within(
        name,
        "everything is served again after",
        &mut back,
        100,
        BACK_WITHIN,
    );
    let reconnects = node.metrics().await?;
    let reconnects = reconnects
        .lines()
        .find_map(|line| line.strip_prefix("models_listener_reconnects_total "))
        .and_then(|count| count.parse().ok())
        .unwrap_or(0_usize);
    report.row(
        name,
        "new connections for notifications",
        reconnects.to_string(),
        &format!("at least {rounds}"),
        reconnects >= rounds,
    );
    let began = fall_silent(&database, &catalog, &node, rounds, || forwarder.cut()).await?;
    let control = wait_until_back(&catalog, &node, rounds, began).await?;
    report.some(
        "connections fall silent, control: new ones are silent too",
        "rounds after which the node did not recover",
        usize::from(control.is_none()),
        1,
    );
    forwarder.heal();
    Ok(())
}

/// Starts reads, writes and renewals, and then drops all packets. Responses that still arrive do
/// not matter.
async fn fall_silent(
    database: &Database,
    catalog: &Catalog,
    node: &Node,
    round: usize,
    silence: impl FnOnce(),
) -> Result<Instant, Failure> {
    let (first, second) = (format!("silent-{round}-a"), format!("silent-{round}-b"));
    catalog.add(&[first.clone(), second.clone()]).await?;
    let mut keys = vec![];
    for _ in 0..8 {
        keys.push(catalog.key(Role::Reader).await?.1);
    }
    let mut locking = PgConnection::connect(&database.url()).await?;
    locking.execute(LOCK).await?;
    let reading = join_all(keys.iter().map(|key| node.get(key, "/v1/models", None)));
    let writing = join_all([&first, &second].map(|id| node.delete(&catalog.owner, id)));
    let silencing = async {
        wait(1_500).await;
        silence();
        locking.execute("COMMIT").await?;
        Ok::<_, Failure>(Instant::now())
    };
    // This continues when the packets are dropped, without waiting for the requests.
    let under_way = async { tokio::join!(reading, writing) };
    tokio::pin!(under_way);
    tokio::select! {
        began = silencing => began,
        _ = &mut under_way => Err("the locks delayed no request".into()),
    }
}

/// Waits until the node accepts a key that it has never seen, deletes a model, and is ready.
/// Returns the time since `began`; `None` if the node does not recover.
async fn wait_until_back(
    catalog: &Catalog,
    node: &Node,
    round: usize,
    began: Instant,
) -> Result<Option<Duration>, Failure> {
    let mut tries = 0;
    while began.elapsed() < PATIENCE {
        tries += 1;
        let left = PATIENCE.saturating_sub(began.elapsed());
        let trying = async {
            let (_, key) = catalog.key(Role::Reader).await?;
            let id = format!("back-{round}-{tries}");
            catalog.add(std::slice::from_ref(&id)).await?;
            let no_cache = Some(("Cache-Control", "no-cache"));
            let read = node
                .get(&key, &format!("/v1/models/{id}"), no_cache)
                .await?;
            let deleted = node.delete(&catalog.owner, &id).await?;
            let (ready, _) = node.readiness().await?;
            Ok::<_, Failure>(read.status == 200 && deleted.status == 200 && ready == 200)
        };
        // A change of another process waits for the turn that the silent connection holds, and may
        // fail.
        if let Ok(Ok(true)) = tokio::time::timeout(left, trying).await {
            return Ok(Some(began.elapsed()));
        }
        wait(20).await;
    }
    Ok(None)
}
