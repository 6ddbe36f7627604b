//! A stream of writes beside the reads: models of another organization are deleted, one by one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Connection, Header, bearer};
use super::server::Server;

pub const ORGANIZATION: &str = "writer";
pub const PER_SECOND: usize = 50;
/// Deletions wait in the same queue as the reads; so many may wait at once.
const WRITERS: usize = 10;
const LEAST: usize = 5_000;

pub struct Deletions {
    key: Header,
    next: AtomicUsize,
}

/// Enough for so many rounds, on both servers that can delete.
pub fn needed(rounds: usize, seconds: usize) -> usize {
    LEAST.max(2 * rounds * (seconds + 2) * PER_SECOND)
}

/// The models that there are to delete.
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

impl Deletions {
    pub fn new(key: &str) -> Self {
        Self {
            key: bearer(key),
            next: AtomicUsize::new(0),
        }
    }

    /// Whether the server can delete: it deletes the next model.
    pub fn try_one(&self, server: &Server) -> Result<(), String> {
        self.delete(server, &mut connect(server)?)
    }

    /// Deletes the next model.
    fn delete(&self, server: &Server, connection: &mut Connection) -> Result<(), String> {
        let id = id(self.next.fetch_add(1, Ordering::Relaxed));
        let path = server.path(&format!("/v1/models/{id}"));
        match connection.send("DELETE", &path, &self.key) {
            Ok(200) => Ok(()),
            Ok(status) => Err(format!("DELETE was answered with {status}")),
            Err(error) => Err(format!("DELETE: {error}")),
        }
    }

    /// Deletes while the work is done: its result, and how many were deleted a second.
    pub fn during<T>(
        &self,
        server: &Server,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<(T, f64), String> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let start = Instant::now();
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let over = &over;
                    scope.spawn(move || self.write(server, start, writer, over))
                })
                .collect();
            let done = work();
            let seconds = start.elapsed().as_secs_f64();
            over.store(true, Ordering::Relaxed);
            let mut deleted = 0;
            for writer in writers {
                deleted += writer
                    .join()
                    .map_err(|_| "a writer panicked".to_owned())??;
            }
            Ok((done?, deleted as f64 / seconds))
        })
    }

    /// One writer's turns, until it is over: how many it deleted.
    fn write(
        &self,
        server: &Server,
        start: Instant,
        writer: usize,
        over: &AtomicBool,
    ) -> Result<usize, String> {
        let mut connection = connect(server)?;
        let mut deleted = 0;
        for turn in (writer..).step_by(WRITERS) {
            let nanoseconds = 1_000_000_000 / PER_SECOND * turn;
            let due = start + Duration::from_nanos(nanoseconds as u64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if over.load(Ordering::Relaxed) {
                break;
            }
            self.delete(server, &mut connection)?;
            deleted += 1;
        }
        Ok(deleted)
    }
}
