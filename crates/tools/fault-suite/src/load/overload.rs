//! Ten times as many requests as the database can serve.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::forwarder::Forwarder;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The delay of the database, so that requests wait for it.
const DELAY: Duration = Duration::from_millis(5);
const CONNECTIONS: usize = 1_500;
/// The memory limit of the service in bytes.
const MEMORY: u64 = 256 << 20;

/// Unused keys. The node must look each of them up in the database once.
struct Keys {
    next: AtomicUsize,
    count: usize,
}

impl Keys {
    async fn make(catalog: &Catalog, pool: &PgPool, count: usize) -> Result<Self, Failure> {
        let insert = "INSERT INTO api_keys (id, organization_id, project_id, name, role, digest, redacted_value, created_at) \
            SELECT 'key_' || lpad(to_hex(number), 32, '0'), organization_id, project_id, name, 'reader', \
            encode(sha256(('sk-load-' || number)::bytea), 'hex'), redacted_value, created_at \
            FROM (SELECT * FROM api_keys WHERE organization_id = $1 LIMIT 1) one, generate_series(1, $2::bigint) number";
        sqlx::query(insert)
            .bind(catalog.organization.id.as_str())
            .bind(i64::try_from(count)?)
            .execute(pool)
            .await?;
        Ok(Self {
            next: AtomicUsize::new(1),
            count,
        })
    }

    fn take(&self) -> Result<String, Failure> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number > self.count {
            return Err("the keys are used up".into());
        }
        Ok(format!("sk-load-{number}"))
    }
}

/// A connection with its read buffer.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![],
        })
    }

    /// Sends a request. Returns the status, and whether the response has `Retry-After`.
    async fn send(&mut self, key: &str) -> Result<(u16, bool), Failure> {
        let request = format!(
            "GET /v1/models/own HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the node closed the connection without a response".into());
            }
            let text = String::from_utf8_lossy(&self.buffer).to_ascii_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
            let length: usize = header("content-length: ").ok_or("no length")?.parse()?;
            if body.len() >= length {
                let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
                return Ok((status, header("retry-after: ").is_some()));
            }
        }
    }
}

#[derive(Default)]
struct Counts {
    good: usize,
    refused: usize,
    others: usize,
}

/// Sends this many requests a second, each with a new key. With `None`, each connection sends the
/// next request after the response.
async fn load(
    address: SocketAddr,
    keys: &Arc<Keys>,
    connections: usize,
    a_second: Option<f64>,
    seconds: u64,
) -> Result<Counts, Failure> {
    let ticket = Arc::new(AtomicUsize::new(0));
    let mut clients = vec![];
    for _ in 0..connections {
        clients.push(Client::connect(address).await?);
    }
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let sending = clients.into_iter().map(|mut client| {
        let (keys, ticket) = (keys.clone(), ticket.clone());
        tokio::spawn(async move {
            let mut responses = Counts::default();
            loop {
                let due = a_second.map_or(Instant::now(), |a_second| {
                    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^53")]
                    let number = ticket.fetch_add(1, Ordering::Relaxed) as f64;
                    began + Duration::from_secs_f64(number / a_second)
                });
                if due >= end {
                    return Ok::<_, Failure>(responses);
                }
                tokio::time::sleep_until(due.into()).await;
                match client.send(&keys.take()?).await? {
                    (200, _) => responses.good += 1,
                    (503, true) => responses.refused += 1,
                    _ => responses.others += 1,
                }
            }
        })
    });
    let mut all = Counts::default();
    for responses in join_all(sending).await {
        let responses = responses??;
        all.good += responses.good;
        all.refused += responses.refused;
        all.others += responses.others;
    }
    Ok(all)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub async fn run(report: &mut Report, program: &Path, seconds: u64) -> Result<(), Failure> {
    let database = Database::start()?;
    let forwarder = Forwarder::start(database.port).await?;
    let catalog = Catalog::make(&database.url()).await?;
    catalog.add(&["own".to_owned()]).await?;
    let pool = PgPool::connect(&database.url()).await?;
    let keys = Arc::new(Keys::make(&catalog, &pool, 40_000 * usize::try_from(seconds)?).await?);
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: Database::url_through(forwarder.port),
        prefix: vec!["prlimit".to_owned(), format!("--data={MEMORY}")],
        variables: vec![(
            "MODELS__LIMITS__REQUESTS_IN_FLIGHT".to_owned(),
            "512".to_owned(),
        )],
    })
    .await?;
    let address: SocketAddr = node.address.parse()?;
    node.get(&catalog.owner, "/v1/models", None).await?;
    forwarder.delay(DELAY);
    let alone = load(address, &keys, 64, None, seconds).await?;
    let capacity = alone.good as f64 / seconds as f64;
    let beyond = load(address, &keys, CONNECTIONS, Some(10.0 * capacity), seconds).await?;
    let ended = Instant::now();
    while load(address, &keys, 1, None, 1).await?.others > 0 && ended.elapsed().as_secs() < 30 {
        wait(100).await;
    }
    let after = load(address, &keys, 64, None, seconds.min(5)).await?;
    let normal = after.good as f64 / seconds.min(5) as f64;
    let name = "overload, 10 times the capacity of the database";
    let goodput = beyond.good as f64 / seconds as f64;
    let sent = beyond.good + beyond.refused + beyond.others;
    report.row(
        name,
        "requests a second",
        format!(
            "{:.0}, capacity {capacity:.0}",
            sent as f64 / seconds as f64
        ),
        "more than 8 times the capacity",
        sent as f64 > 8.0 * capacity * seconds as f64,
    );
    report.row(
        name,
        "successful responses a second",
        format!("{goodput:.0}, {:.0} %", 100.0 * goodput / capacity),
        "at least 90 %",
        goodput >= 0.9 * capacity,
    );
    report.none(
        name,
        "other responses than 200 and 503 with Retry-After",
        beyond.others,
        sent,
        1_000,
    );
    let peak = node.peak_memory()?;
    report.row(
        name,
        "peak memory",
        format!("{} MiB", peak >> 20),
        "less than 256 MiB",
        peak < MEMORY,
    );
    report.timed(
        name,
        "right after the overload",
        format!(
            "{normal:.0} a second, {} refused",
            after.refused + after.others
        ),
        "as before",
        normal >= 0.9 * capacity && after.refused + after.others == 0,
    );
    Ok(())
}
