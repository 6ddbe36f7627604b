//! A network that drops all packets: a node in its own network namespace, whose link to the
//! database goes down. No connection ends, and no data arrives.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use models_core::ApiKeyId;

use crate::Failure;
use crate::environment::catalog::{Catalog, origin};
use crate::environment::database::{Database, is_root, run as execute};
use crate::environment::node::{LEASE, Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The addresses of the database for the node, and of the node for its clients.
const DATABASE: &str = "10.77.0.2";
const NODE: &str = "10.77.1.1";

struct Network {
    namespace: String,
}

fn ip(arguments: &str) -> Result<(), Failure> {
    execute(Command::new("ip").args(arguments.split(' ')))
}

impl Network {
    fn make() -> Result<Self, Failure> {
        if !is_root() {
            return Err(
                "a network namespace needs root; use `--leave-out network` to run without it"
                    .into(),
            );
        }
        let network = Self {
            namespace: format!("models-{}", std::process::id()),
        };
        let name = &network.namespace;
        ip(&format!("netns add {name}"))?;
        for (link, inside, outside) in [
            ("mdb", "10.77.0.1/24", "10.77.0.2/24"),
            ("mcl", "10.77.1.1/24", "10.77.1.2/24"),
        ] {
            ip(&format!(
                "link add {link}o type veth peer name {link}i netns {name}"
            ))?;
            ip(&format!("addr add {outside} dev {link}o"))?;
            ip(&format!("link set {link}o up"))?;
            ip(&format!("-n {name} addr add {inside} dev {link}i"))?;
            ip(&format!("-n {name} link set {link}i up"))?;
        }
        ip(&format!("-n {name} link set lo up"))?;
        Ok(network)
    }

    fn cut() -> Result<(), Failure> {
        ip("link set mdbo down")
    }

    fn heal() -> Result<(), Failure> {
        ip("link set mdbo up")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The namespace's links go with it.
        let _ = ip(&format!("netns del {}", self.namespace));
    }
}

/// The observations while the link was down.
struct Seen {
    /// The duration of each revocation, and the number of nodes that accepted the key right after
    /// it.
    revoked: Vec<(Duration, usize)>,
    /// The time at which the last successful request was sent.
    last: Duration,
    /// The status after that.
    then: u16,
}

async fn status(node: &Node, key: &str) -> Result<u16, Failure> {
    Ok(node.get(key, "/v1/models", None).await?.status.as_u16())
}

/// Revokes all keys at once, and sends requests to the node until the time is over.
async fn watch(
    catalog: &Catalog,
    nodes: &[Node; 2],
    keys: &[(ApiKeyId, String)],
    seconds: u64,
) -> Result<Seen, Failure> {
    let began = Instant::now();
    let revoking = keys.iter().map(|(id, secret)| async move {
        let began = Instant::now();
        catalog.store.api_keys.revoke(id, origin()).await?;
        let took = began.elapsed();
        let mut taken = 0;
        for node in nodes {
            taken += usize::from(status(node, secret).await? == 200);
        }
        Ok::<_, Failure>((took, taken))
    });
    let watching = async {
        let (mut last, mut then) = (Duration::ZERO, 0);
        while began.elapsed() < Duration::from_secs(seconds) {
            let sent = began.elapsed();
            match status(&nodes[1], &catalog.owner).await? {
                200 => last = sent,
                other => then = other,
            }
            wait(5).await;
        }
        Ok::<_, Failure>((last, then))
    };
    let (revoked, watched) = tokio::join!(join_all(revoking), watching);
    let (last, then) = watched?;
    Ok(Seen {
        revoked: revoked.into_iter().collect::<Result<_, _>>()?,
        last,
        then,
    })
}

pub async fn run(
    report: &mut Report,
    program: &Path,
    count: usize,
    seconds: u64,
) -> Result<(), Failure> {
    let network = Network::make()?;
    let database = Database::start_at(&[DATABASE])?;
    let catalog = Catalog::make(&database.url()).await?;
    let straight = Start {
        program: program.to_owned(),
        database_url: database.url(),
        prefix: vec![],
        variables: vec![],
    };
    let inside = ["ip", "netns", "exec", &network.namespace];
    let cuttable = Start {
        database_url: format!("postgres://postgres@{DATABASE}:{}/postgres", database.port),
        prefix: inside.map(str::to_owned).into(),
        variables: vec![("MODELS__SERVER__HOST".to_owned(), NODE.to_owned())],
        ..straight.clone()
    };
    let nodes = [Node::start(&straight).await?, Node::start(&cuttable).await?];
    let keys = catalog.keys(count).await?;
    for node in &nodes {
        status(node, &catalog.owner).await?;
        for (_, secret) in &keys {
            status(node, secret).await?;
        }
    }
    Network::cut()?;
    let seen = watch(&catalog, &nodes, &keys, seconds).await?;
    Network::heal()?;
    let healed = Instant::now();
    while status(&nodes[1], &catalog.owner).await? != 200 {
        wait(5).await;
    }
    let back = healed.elapsed();
    let mut late = 0;
    for (_, secret) in &keys {
        late += usize::from(status(&nodes[1], secret).await? == 200);
    }
    record(report, seen, late, back, seconds);
    drop((nodes, network));
    Ok(())
}

fn record(report: &mut Report, seen: Seen, late: usize, back: Duration, seconds: u64) {
    let name = format!("network, a link down for {seconds} s");
    let probes = seen.revoked.len() * 3;
    let (mut durations, taken): (Vec<_>, Vec<_>) = seen.revoked.into_iter().unzip();
    report.none(
        &name,
        "probes accepted after a revocation returned",
        taken.iter().sum::<usize>() + late,
        probes,
        probes,
    );
    let limit = LEASE + Duration::from_millis(500);
    report.within(&name, "the call", &mut durations, 99, limit);
    let shown = |duration: Duration| format!("{:.2} s", duration.as_secs_f64());
    report.row(
        &name,
        "the node served for",
        shown(seen.last),
        "at most its lease",
        seen.last <= LEASE && seen.last > Duration::ZERO,
    );
    let then = seen.then;
    report.row(
        &name,
        "and then returns",
        then.to_string(),
        "503",
        then == 503,
    );
    report.timed(
        &name,
        "recovered after the link",
        shown(back),
        "at most 2 s",
        back <= Duration::from_secs(2),
    );
}
