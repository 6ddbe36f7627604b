//! The volume of the log while a client without a key sends as fast as it can.

use std::path::Path;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

const CONNECTIONS: usize = 4;
/// The most bytes of log lines of one kind in a second: 20 lines, and one that counts the others.
const SECOND: usize = 21 * 700;
/// The number of kinds of refusals in this scenario.
const KINDS: usize = 2;

pub async fn run(report: &mut Report, program: &Path, requests: usize) -> Result<(), Failure> {
    let name = format!("log volume, {requests} requests on each of {CONNECTIONS} connections");
    let began = Instant::now();
    let flooded = flood(program, "off", requests, false).await?;
    let seconds = usize::try_from(began.elapsed().as_secs())? + 2;
    let most = KINDS * seconds * SECOND;
    report.row(
        &name,
        &format!(
            "bytes of log for {} kB of refused requests",
            flooded.sent / 1_000
        ),
        flooded.logged.to_string(),
        &format!("at most {most}"),
        flooded.logged <= most,
    );
    let lost = flooded.requests.abs_diff(flooded.counted);
    report.none(
        &name,
        "refusals without a line or a count",
        lost,
        flooded.requests,
        requests,
    );
    // A line for each response, which the operator asked for, is not suppressed.
    let flooded = flood(program, "all", requests, true).await?;
    let more = flooded.logged.saturating_sub(most);
    report.some(
        &name,
        "control, all responses are logged: bytes above the limit",
        more,
        flooded.logged,
    );
    Ok(())
}

struct Flooded {
    requests: usize,
    /// Bytes.
    sent: usize,
    /// Bytes.
    logged: usize,
    /// The number of requests with a line or a count in the log.
    counted: usize,
}

/// Sends requests to the node and counts them in its log. Without a key, the requests are for an
/// unknown path and for the list.
async fn flood(
    program: &Path,
    logged: &str,
    requests: usize,
    has_key: bool,
) -> Result<Flooded, Failure> {
    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/models.db", directory.path().display());
    let catalog = Catalog::make(&url).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url,
        prefix: vec![],
        variables: vec![("MODELS__LOG__REQUESTS".to_owned(), logged.to_owned())],
    })
    .await?;
    let before = node.log()?;
    let key = if has_key {
        format!("Authorization: Bearer {}\r\n", catalog.owner)
    } else {
        String::new()
    };
    let paths = ["/v1/models", if has_key { "/v1/models" } else { "/v2" }];
    let [one, other] =
        paths.map(|path| format!("GET {path} HTTP/1.1\r\nHost: models\r\n{key}\r\n"));
    let pair = one + &other;
    let sending = (0..CONNECTIONS).map(|_| send(&node.address, pair.repeat(requests / 2)));
    let sent: usize = futures_util::future::try_join_all(sending)
        .await?
        .iter()
        .sum();
    let requests = CONNECTIONS * (requests / 2) * 2;
    let mut flooded = Flooded {
        requests,
        sent,
        logged: 0,
        counted: 0,
    };
    for _ in 0..300 {
        let log = node.log()?;
        let log = &log[before.len()..];
        (flooded.logged, flooded.counted) = (log.len(), counted(log));
        if flooded.counted >= requests {
            break;
        }
        wait(100).await;
    }
    catalog.store.close().await;
    Ok(flooded)
}

fn counted(log: &str) -> usize {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let counts = lines.map(|line: serde_json::Value| match line["left_out"].as_u64() {
        Some(left_out) => usize::try_from(left_out).unwrap_or(usize::MAX),
        None => usize::from(line["status"].is_u64()),
    });
    counts.sum()
}

/// Sends all bytes, and reads until the node has responded. Returns the number of bytes sent.
async fn send(address: &str, bytes: String) -> Result<usize, Failure> {
    let (mut reader, mut writer) = TcpStream::connect(address).await?.into_split();
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while reader
            .read(&mut buffer)
            .await
            .is_ok_and(|length| length > 0)
        {}
    });
    writer.write_all(bytes.as_bytes()).await?;
    writer.shutdown().await?;
    reading.await?;
    Ok(bytes.len())
}
