//! Clients that send requests without end and read no response.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::is_root;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The node's memory limit in bytes, including its sockets' buffers.
const MEMORY: u64 = 256 << 20;
/// The most bytes that each client sends.
const SENT: usize = 256 << 10;
/// The number of models whose list is the longest that the node copies completely into a
/// connection's buffer.
const MODELS: usize = 1_000;

/// A control group with a memory limit.
struct Group {
    directory: PathBuf,
    is_unified: bool,
}

impl Group {
    fn make(name: &str) -> Result<Self, Failure> {
        if !is_root() {
            return Err(
                "a control group needs root; use `--leave-out exhaustion` to run without it".into(),
            );
        }
        let root = Path::new("/sys/fs/cgroup");
        let is_unified = root.join("cgroup.controllers").exists();
        let parent = if is_unified {
            root.to_owned()
        } else {
            root.join("memory")
        };
        let group = Self {
            directory: parent.join(format!("models-{name}-{}", std::process::id())),
            is_unified,
        };
        if is_unified {
            std::fs::write(parent.join("cgroup.subtree_control"), "+memory")?;
        }
        std::fs::create_dir(&group.directory)?;
        for file in group.files(["memory.max"], ["memory.limit_in_bytes", TCP_LIMIT]) {
            std::fs::write(file, MEMORY.to_string())?;
        }
        Ok(group)
    }

    /// The paths of these files of the group, for version 2 of control groups or for version 1.
    fn files<const N: usize, const M: usize>(
        &self,
        unified: [&str; N],
        separate: [&str; M],
    ) -> Vec<PathBuf> {
        let names: &[&str] = if self.is_unified { &unified } else { &separate };
        names.iter().map(|name| self.directory.join(name)).collect()
    }

    /// The words of a command that runs another command in this group.
    fn prefix(&self) -> Vec<String> {
        let enter = "echo $$ > \"$0\" && exec \"$@\"".to_owned();
        let processes = self.directory.join("cgroup.procs").display().to_string();
        vec!["sh".to_owned(), "-c".to_owned(), enter, processes]
    }

    /// The peak memory of the group in bytes. Version 1 counts the memory of sockets separately.
    fn peak(&self) -> Result<u64, Failure> {
        let mut sum = 0;
        let separate = [
            "memory.max_usage_in_bytes",
            "memory.kmem.tcp.max_usage_in_bytes",
        ];
        for file in self.files(["memory.peak"], separate) {
            sum += std::fs::read_to_string(file)?.trim().parse::<u64>()?;
        }
        Ok(sum)
    }
}

const TCP_LIMIT: &str = "memory.kmem.tcp.limit_in_bytes";

impl Drop for Group {
    fn drop(&mut self) {
        // The group stays if its processes have not ended.
        let _ = std::fs::remove_dir(&self.directory);
    }
}

/// Opens a connection with a small receive buffer, so that the responses stay with the node.
async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 << 10)?;
    socket.connect(address).await
}

/// Sends until the node accepts no more, and holds the connection.
async fn flood(address: SocketAddr, bytes: Arc<Vec<u8>>, until: Instant) {
    while Instant::now() < until {
        let Ok(mut stream) = connect(address).await else {
            wait(50).await;
            continue;
        };
        let left = until.saturating_duration_since(Instant::now());
        if let Ok(Ok(())) = timeout(left, stream.write_all(&bytes)).await {
            // The node accepted all bytes. This holds the connection until the node closes it or
            // the time is over.
            let left = until.saturating_duration_since(Instant::now());
            let _ = timeout(left, stream.peek(&mut [0])).await;
            tokio::time::sleep_until((Instant::now() + left.min(Duration::from_secs(1))).into())
                .await;
        }
    }
}

pub async fn run(
    report: &mut Report,
    program: &Path,
    clients: usize,
    seconds: u64,
) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let group = Group::make("node")?;
    let url = format!("sqlite://{}/models.db", directory.path().display());
    let catalog = Catalog::make(&url).await?;
    let ids: Vec<String> = (0..MODELS)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let mut node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url,
        prefix: group.prefix(),
        variables: vec![],
    })
    .await?;
    let address: SocketAddr = node.address.parse()?;
    node.get(&catalog.owner, "/v1/models", None).await?;
    let name = format!("{clients} clients that pipeline and do not read, 256 MiB");
    let request = |path: &str, more: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: models\r\n{more}\r\n");
        Arc::new(request.repeat(SENT / request.len()).into_bytes())
    };
    let key = format!("Authorization: Bearer {}\r\n", catalog.owner);
    for (kind, bytes) in [
        ("without a key", request("/v1/models", "")),
        ("a model", request("/v1/models/model-1", &key)),
        ("lists of 1,000 models", request("/v1/models", &key)),
    ] {
        let until = Instant::now() + Duration::from_secs(seconds);
        let flooding: Vec<_> = (0..clients)
            .map(|_| tokio::spawn(flood(address, bytes.clone(), until)))
            .collect();
        let mut took = vec![];
        let mut failed = 0;
        while Instant::now() < until {
            let began = Instant::now();
            let response = node.get(&catalog.owner, "/v1/models/model-1", None).await;
            failed += usize::from(!response.is_ok_and(|response| response.status == 200));
            took.push(began.elapsed());
            if !node.lives()? {
                break;
            }
            wait(5).await;
        }
        for flooding in flooding {
            flooding.await?;
        }
        let lives = node.lives()?;
        report.row(
            &name,
            &format!("{kind}: the process lives"),
            lives.to_string(),
            "true",
            lives,
        );
        report.none(
            &name,
            &format!("{kind}: a healthy client's failures"),
            failed,
            took.len(),
            20,
        );
        let what = format!("{kind}: a healthy client");
        report.within(&name, &what, &mut took, 99, Duration::from_millis(50));
    }
    let peak = group.peak()?;
    report.row(
        &name,
        "peak memory, sockets included",
        format!("{} MiB", peak >> 20),
        "less than 256 MiB",
        peak < MEMORY,
    );
    node.kill()?;
    drop(catalog);
    control(report, &name).await
}

/// Shows that the limit ends a process that needs more memory.
async fn control(report: &mut Report, name: &str) -> Result<(), Failure> {
    let group = Group::make("control")?;
    let prefix = group.prefix();
    let status = Command::new(&prefix[0])
        .args(&prefix[1..])
        .args([
            "sh",
            "-c",
            "head -c 512M /dev/zero | tail -c 512M > /dev/null",
        ])
        .status()?;
    wait(100).await;
    report.some(
        name,
        "512 MiB in such a group: processes ended",
        usize::from(!status.success()),
        1,
    );
    Ok(())
}
