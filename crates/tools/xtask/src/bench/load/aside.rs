//! A stream of requests beside the measured ones, at a fixed rate: deletions of models, or lists of
//! tenants whose views are not in memory.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::cells::LIST;
use crate::bench::servers::http::{Connection, bearer};
use crate::bench::servers::server::Server;

pub const ORGANIZATION: &str = "writer";
pub const PER_SECOND: usize = 50;
/// The clients of the stream. They wait in the same queue as the measured requests, and at most
/// this many at once.
const CLIENTS: usize = 10;
const LEAST: usize = 20_000;

/// The requests of the stream.
pub enum Aside {
    /// Deletions of models of [`ORGANIZATION`] with this key.
    Deletions(String),
    /// Lists, each with the next of these keys.
    Lists(Vec<String>),
}

pub struct Stream {
    aside: Aside,
    next: AtomicUsize,
}

/// The number of models to delete in all rounds, on both servers that support deletion.
pub fn needed(rounds: usize, seconds: usize) -> usize {
    LEAST.max(2 * rounds * (seconds + 2) * PER_SECOND)
}

/// The models to delete.
pub fn models(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"id": id(number), "created": 1_760_000_000}))
        .collect()
}

fn id(number: usize) -> String {
    format!("ft:gpt-4o-mini-2024-07-18:{ORGANIZATION}:bench:{number:08}")
}

fn connect(server: &Server) -> Result<Connection, String> {
    Connection::open(&server.address).map_err(|error| format!("{}: {error}", server.address))
}

impl Stream {
    pub fn new(aside: Aside) -> Self {
        Self {
            aside,
            next: AtomicUsize::new(0),
        }
    }

    /// Sends the next request, to check that the server supports it.
    pub fn try_one(&self, server: &Server) -> Result<(), String> {
        self.send_next(server, &mut connect(server)?)
    }

    fn send_next(&self, server: &Server, connection: &mut Connection) -> Result<(), String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (method, path, key) = match &self.aside {
            Aside::Deletions(key) => ("DELETE", format!("{LIST}/{}", id(number)), key),
            Aside::Lists(keys) => ("GET", LIST.to_owned(), &keys[number % keys.len()]),
        };
        match connection.send(method, &server.path(&path), &bearer(key)) {
            Ok(200) => Ok(()),
            Ok(status) => Err(format!("{method} returned {status}")),
            Err(error) => Err(format!("{method}: {error}")),
        }
    }

    /// Sends requests while `work` runs. Returns its result and the requests sent a second.
    pub fn during<T>(
        &self,
        server: &Server,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<(T, f64), String> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let start = Instant::now();
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let over = &over;
                    scope.spawn(move || self.send(server, start, client, over))
                })
                .collect();
            let done = work();
            let seconds = start.elapsed().as_secs_f64();
            over.store(true, Ordering::Relaxed);
            let mut sent = 0;
            for client in clients {
                sent += client
                    .join()
                    .map_err(|_| "a client panicked".to_owned())??;
            }
            Ok((done?, sent as f64 / seconds))
        })
    }

    /// Sends one client's requests until `over`, and returns their number.
    fn send(
        &self,
        server: &Server,
        start: Instant,
        client: usize,
        over: &AtomicBool,
    ) -> Result<usize, String> {
        let mut connection = connect(server)?;
        let mut sent = 0;
        for turn in (client..).step_by(CLIENTS) {
            let nanoseconds = 1_000_000_000 / PER_SECOND * turn;
            let due = start + Duration::from_nanos(nanoseconds as u64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if over.load(Ordering::Relaxed) {
                break;
            }
            self.send_next(server, &mut connection)?;
            sent += 1;
        }
        Ok(sent)
    }
}
