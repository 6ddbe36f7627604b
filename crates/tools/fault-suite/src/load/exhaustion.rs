//! Slow peers, too few descriptors, and a full disk.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::log_volume;
use super::pipelining;
use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::{is_root, run as execute};
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

pub async fn run(report: &mut Report, program: &Path, sockets: usize) -> Result<(), Failure> {
    slow_peers(report, program, sockets).await?;
    let seconds = if report.is_patient { 4 } else { 12 };
    pipelining::run(report, program, sockets, seconds).await?;
    descriptors(report, program).await?;
    full_disk(report, program).await?;
    log_volume::run(report, program, 10 * sockets).await
}

/// Starts a node on a SQLite file in this directory, with a catalog.
async fn on_sqlite(
    program: &Path,
    directory: &Path,
    prefix: &[&str],
) -> Result<(Catalog, Node), Failure> {
    let url = format!("sqlite://{}/models.db", directory.display());
    let catalog = Catalog::make(&url).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url,
        prefix: prefix.iter().map(|&word| word.to_owned()).collect(),
        variables: vec![],
    })
    .await?;
    Ok((catalog, node))
}

/// A way to occupy a connection: the bytes to send at once, and those to send every second.
#[derive(Clone)]
struct Mode {
    name: &'static str,
    at_once: String,
    drop_by_drop: &'static [u8],
}

fn modes(key: &str) -> [Mode; 5] {
    let request =
        format!("GET /v1/models HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {key}\r\n");
    let mode = |name, at_once, drop_by_drop| Mode {
        name,
        at_once,
        drop_by_drop,
    };
    [
        mode("silent", String::new(), b""),
        mode(
            "a slow head",
            "GET /v1/models HTTP/1.1\r\nX-A: ".to_owned(),
            b"a",
        ),
        mode("idle after a response", format!("{request}\r\n"), b""),
        mode("a slow second head", format!("{request}\r\n"), b"G"),
        mode(
            "a slow body",
            format!("{request}Content-Length: 60000\r\n\r\n"),
            b"a",
        ),
    ]
}

/// Occupies a connection, and returns the time after which the server closed it.
async fn occupy(address: SocketAddr, mode: Mode) -> Result<Duration, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    let began = Instant::now();
    stream.write_all(mode.at_once.as_bytes()).await?;
    let mut buffer = [0; 4096];
    let mut next = Instant::now() + Duration::from_secs(1);
    while began.elapsed() < Duration::from_mins(1) {
        match timeout(
            next.saturating_duration_since(Instant::now()),
            stream.read(&mut buffer),
        )
        .await
        {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) => return Ok(began.elapsed()),
            Err(_elapsed) => {
                if stream.write_all(mode.drop_by_drop).await.is_err() {
                    return Ok(began.elapsed());
                }
                next = Instant::now() + Duration::from_secs(1);
            }
        }
    }
    Ok(began.elapsed())
}

async fn slow_peers(report: &mut Report, program: &Path, sockets: usize) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let (catalog, node) = on_sqlite(program, directory.path(), &[]).await?;
    let address: SocketAddr = node.address.parse()?;
    let modes = modes(&catalog.owner);
    node.get(&catalog.owner, "/v1/models", None).await?;
    let keeping = (0..sockets).map(|number| {
        let mode = modes[number % modes.len()].clone();
        tokio::spawn(async move { occupy(address, mode).await.map(|kept| (number % 5, kept)) })
    });
    let keeping: Vec<_> = keeping.collect();
    let healthy = async {
        let mut took = vec![];
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            let sent = Instant::now();
            if node.get(&catalog.owner, "/v1/models", None).await?.status != 200 {
                return Err("a healthy client was refused".into());
            }
            took.push(sent.elapsed());
            wait(5).await;
        }
        Ok::<_, Failure>(took)
    };
    let (kept, took) = tokio::join!(join_all(keeping), healthy);
    let name = format!("slow peers, {sockets} sockets");
    let mut longest = [Duration::ZERO; 5];
    for kept in kept {
        let (mode, kept) = kept??;
        longest[mode] = longest[mode].max(kept);
    }
    for (mode, longest) in modes.iter().zip(longest) {
        report.row(
            &name,
            &format!("{}: the last one closed after", mode.name),
            format!("{:.1} s", longest.as_secs_f64()),
            "at most 10 s",
            longest <= Duration::from_secs(10),
        );
    }
    let limit = Duration::from_millis(20);
    report.within(&name, "a healthy client", &mut took?, 99, limit);
    Ok(())
}

async fn descriptors(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let (catalog, mut node) =
        on_sqlite(program, directory.path(), &["prlimit", "--nofile=64:64"]).await?;
    node.get(&catalog.owner, "/v1/models", None).await?;
    let used = node.cpu_time()?;
    let mut clients = vec![];
    for _ in 0..120 {
        clients.push(TcpStream::connect(&node.address).await?);
    }
    wait(3_000).await;
    let busy = node.cpu_time()?.saturating_sub(used);
    drop(clients);
    let freed = Instant::now();
    while !node
        .get(&catalog.owner, "/v1/models", None)
        .await
        .is_ok_and(|response| response.status == 200)
    {
        if freed.elapsed() > Duration::from_secs(30) {
            return Err("a node did not recover from too few descriptors".into());
        }
        wait(10).await;
    }
    let back = freed.elapsed();
    let name = "64 descriptors, 120 clients";
    let lives = node.lives()?;
    report.row(name, "the process lives", lives.to_string(), "true", lives);
    report.row(
        name,
        "processor time in 3 s",
        format!("{:.2} s", busy.as_secs_f64()),
        "at most 0.5 s",
        busy <= Duration::from_millis(500),
    );
    report.timed(
        name,
        "recovered after the clients left",
        format!("{:.2} s", back.as_secs_f64()),
        "at most 1 s",
        back <= Duration::from_secs(1),
    );
    Ok(())
}

/// A file system in memory with a limited size.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn make(size: &str) -> Result<Self, Failure> {
        if !is_root() {
            return Err(
                "mounting a file system needs root; use `--leave-out exhaustion` to run without it"
                    .into(),
            );
        }
        let directory = tempfile::tempdir()?;
        let options = format!("size={size}");
        execute(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
                .arg(directory.path()),
        )?;
        Ok(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = execute(Command::new("umount").arg("-l").arg(self.0.path()));
    }
}

async fn full_disk(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let disk = SmallDisk::make("4m")?;
    let path = disk.0.path();
    let (catalog, node) = on_sqlite(program, path, &[]).await?;
    let ids: Vec<String> = (0..1_000).map(|number| format!("model-{number}")).collect();
    catalog.add(&ids).await?;
    let filler = path.join("filler");
    // This fills the disk completely.
    let _ = std::fs::write(&filler, vec![0; 4 << 20]);
    let mut statuses = vec![];
    let mut gone = vec![];
    let mut reads = 0;
    for id in &ids[..50] {
        let response = node.delete(&catalog.owner, id).await?;
        let is_envelope = response.body.starts_with("{\"error\":{") || response.status == 200;
        if response.status == 200 {
            gone.push(id.clone());
        }
        statuses.push((response.status.as_u16(), is_envelope));
        let read = node
            .get(&catalog.owner, "/v1/models/model-999", None)
            .await?;
        reads += usize::from(read.status == 200);
    }
    std::fs::remove_file(&filler)?;
    let freed = Instant::now();
    while node.delete(&catalog.owner, "model-500").await?.status != 200 {
        if freed.elapsed() > Duration::from_secs(30) {
            return Err("deletions did not resume after space was freed".into());
        }
        wait(20).await;
    }
    gone.push("model-500".to_owned());
    let resumed = freed.elapsed();
    let present = catalog.ids().await?;
    let name = "a full disk, SQLite";
    let refused: Vec<_> = statuses
        .iter()
        .filter(|(status, _)| *status != 200)
        .collect();
    let well = refused
        .iter()
        .all(|(status, envelope)| matches!(status, 503 | 507) && *envelope);
    report.row(
        name,
        "deletions refused",
        format!("{} of 50", refused.len()),
        "some, each a 503 in the envelope",
        !refused.is_empty() && well,
    );
    report.none(name, "reads refused meanwhile", 50 - reads, 50, 50);
    report.timed(
        name,
        "deletions resumed after",
        format!("{:.2} s", resumed.as_secs_f64()),
        "at most 2 s, by themselves",
        resumed <= Duration::from_secs(2),
    );
    let lost = gone.iter().filter(|id| present.contains(id)).count();
    report.none(name, "acknowledged deletions lost", lost, gone.len(), 1);
    drop(node);
    catalog.store.close().await;
    Ok(())
}
