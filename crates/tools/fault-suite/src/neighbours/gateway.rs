//! Three nodes behind the gateway are restarted one after another under load.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Client;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

const READERS: usize = 8;
const RESTARTS: usize = 6;
/// More than twice the gateway's interval between health checks.
const DRAIN_SECONDS: &str = "3";

pub async fn run(report: &mut Report, program: &Path, config: &Path) -> Result<(), Failure> {
    let found = restart_under_load(program, config, "-TERM").await?;
    let name = "gateway, six restarts";
    report.none(
        name,
        "reads that failed",
        found.failed_reads,
        found.reads,
        1_000,
    );
    report.none(
        name,
        "deletions that failed or ran twice",
        found.failed_deletions,
        found.deletions,
        10,
    );
    // The control has a gateway without retries, and nodes that end without notice.
    let directory = tempfile::tempdir()?;
    let text = std::fs::read_to_string(config)?;
    let hasty: Vec<&str> = text
        .lines()
        .map(|line| match line.trim() {
            "retries 3" => "    retries 0",
            "option redispatch 1" | "retry-on conn-failure empty-response" => "",
            _ => line,
        })
        .collect();
    let hasty_config = directory.path().join("haproxy.cfg");
    std::fs::write(&hasty_config, hasty.join("\n") + "\n")?;
    let found = restart_under_load(program, &hasty_config, "-KILL").await?;
    report.some(
        "gateway, control: no retries, nodes that are killed",
        "reads that failed",
        found.failed_reads,
        found.reads,
    );
    Ok(())
}

struct Found {
    reads: usize,
    failed_reads: usize,
    deletions: usize,
    failed_deletions: usize,
}

struct Gateway {
    process: Child,
    url: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn start_gateway(config: &Path, ports: &[(u16, u16)]) -> Result<Gateway, Failure> {
    let port = free_port()?;
    let mut command = Command::new("haproxy");
    command
        .arg("-f")
        .arg(config)
        .env("GATEWAY_BIND", format!("127.0.0.1:{port}"));
    for (number, (api, operations)) in ports.iter().enumerate() {
        command.env(
            format!("APP{}_ADDR", number + 1),
            format!("127.0.0.1:{api}"),
        );
        command.env(
            format!("APP{}_CHECK_PORT", number + 1),
            operations.to_string(),
        );
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = command.spawn().map_err(|error| {
        format!("haproxy (Debian and Ubuntu: apt-get install haproxy): {error}")
    })?;
    // The gateway needs this time to check every node.
    wait(3_000).await;
    Ok(Gateway {
        process,
        url: format!("http://127.0.0.1:{port}"),
    })
}

async fn restart_under_load(program: &Path, config: &Path, signal: &str) -> Result<Found, Failure> {
    let database = Database::start()?;
    let catalog = Catalog::make(&database.url()).await?;
    let ids: Vec<String> = (0..2_000)
        .map(|number| format!("vendor/model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let mut ports = vec![];
    let mut starts = vec![];
    let mut nodes = vec![];
    for _ in 0..3 {
        let (api, operations) = (free_port()?, free_port()?);
        let how = Start {
            program: program.to_owned(),
            database_url: database.url(),
            prefix: vec![],
            variables: [
                ("MODELS__SERVER__PORT", api.to_string()),
                ("MODELS__OPERATIONS__PORT", operations.to_string()),
                ("MODELS__SERVER__DRAIN_DELAY", DRAIN_SECONDS.to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        };
        nodes.push(Some(Node::start(&how).await?));
        ports.push((api, operations));
        starts.push(how);
    }
    let gateway = start_gateway(config, &ports).await?;
    let is_over = AtomicBool::new(false);
    let (reads, failed_reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
    let reading = (0..READERS).map(|_| async {
        let url = format!("{}/v1/models/vendor%2Fmodel-1999", gateway.url);
        while !is_over.load(Ordering::Relaxed) {
            let response = client.get(&url).bearer_auth(&catalog.owner).send().await;
            reads.fetch_add(1, Ordering::Relaxed);
            if !response.is_ok_and(|response| response.status() == 200) {
                failed_reads.fetch_add(1, Ordering::Relaxed);
            }
            wait(2).await;
        }
    });
    let deleting = async {
        let (mut done, mut failed) = (0, 0);
        for id in &ids[..1_000] {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let url = format!("{}/v1/models/{}", gateway.url, id.replace('/', "%2F"));
            let response = client.delete(url).bearer_auth(&catalog.owner).send().await;
            done += 1;
            // A second execution would return 404.
            failed += usize::from(!response.is_ok_and(|response| response.status() == 200));
            wait(50).await;
        }
        (done, failed)
    };
    let restarting = async {
        for number in 0..RESTARTS {
            let place = number % nodes.len();
            if let Some(node) = nodes[place].take() {
                node.signal(signal)?;
                node.wait_for_end().await;
            }
            nodes[place] = Some(Node::start(&starts[place]).await?);
            // The gateway needs this time to notice that the node is back.
            wait(2_500).await;
        }
        is_over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>(())
    };
    let (_, (deletions, failed_deletions), restarted) =
        tokio::join!(join_all(reading), deleting, restarting);
    restarted?;
    Ok(Found {
        reads: reads.into_inner(),
        failed_reads: failed_reads.into_inner(),
        deletions,
        failed_deletions,
    })
}
