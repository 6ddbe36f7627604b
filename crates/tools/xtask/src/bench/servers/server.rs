//! A measured server. It is started on its own core and stopped on drop.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::http::{self, Header};
use super::process::{self, Memory};

const LONGEST_START: Duration = Duration::from_mins(1);
const LONGEST_STOP: Duration = Duration::from_secs(5);

pub struct Server {
    pub name: &'static str,
    pub address: String,
    /// The prefix of the service's paths.
    pub prefix: &'static str,
    process: Option<Child>,
    id: u32,
    started: Instant,
}

impl Server {
    /// Starts the server, and waits until `address` finds its address in its output.
    pub fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
        address: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("{name}: {error}");
        let output = File::create(log).map_err(fail)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(fail)?)
            .stderr(output);
        let started = Instant::now();
        let child = command.spawn().map_err(fail)?;
        let mut server = Self {
            name,
            address: String::new(),
            prefix: "",
            id: child.id(),
            process: Some(child),
            started,
        };
        server.address = server.wait_for(log, address)?;
        Ok(server)
    }

    /// The same process under another name, with responses below a prefix.
    pub fn alias(&self, name: &'static str, prefix: &'static str) -> Self {
        Self {
            name,
            address: self.address.clone(),
            prefix,
            process: None,
            id: self.id,
            started: self.started,
        }
    }

    pub fn get(&self, path: &str, headers: &[Header]) -> Result<http::Response, String> {
        http::send(&self.address, "GET", &self.path(path), headers)
    }

    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The time since the start of the process.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn cpu_nanoseconds(&self) -> u64 {
        process::cpu_nanoseconds(self.id)
    }

    pub fn memory(&self) -> Memory {
        process::memory(self.id)
    }

    /// Waits until the server is idle, so that the rest of a load does not count with the next.
    pub fn settle(&self) {
        const STEP: Duration = Duration::from_millis(20);
        let deadline = Instant::now() + LONGEST_STOP;
        let mut before = self.cpu_nanoseconds();
        while Instant::now() < deadline {
            std::thread::sleep(STEP);
            let now = self.cpu_nanoseconds();
            if now - before < 1_000_000 {
                return;
            }
            before = now;
        }
    }

    fn wait_for(
        &mut self,
        log: &Path,
        address: impl Fn(&str) -> Option<String>,
    ) -> Result<String, String> {
        let deadline = Instant::now() + LONGEST_START;
        loop {
            let text = std::fs::read_to_string(log).unwrap_or_default();
            let first = text.split_inclusive('\n').find(|line| line.ends_with('\n'));
            if let Some(address) = address(first.unwrap_or_default()) {
                return Ok(address);
            }
            let ended = self
                .process
                .as_mut()
                .is_some_and(|process| !is_running(process));
            if ended || Instant::now() > deadline {
                return Err(format!("{} failed to start: {text}", self.name));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        let _ = Command::new("kill").arg(process.id().to_string()).status();
        let deadline = Instant::now() + LONGEST_STOP;
        while is_running(process) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn is_running(process: &mut Child) -> bool {
    matches!(process.try_wait(), Ok(None))
}
