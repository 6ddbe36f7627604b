//! A sample: wrk on one server for some seconds.

pub mod aside;
pub mod mix;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use super::servers::cores::Cores;
use super::servers::http::Header;
use super::servers::process::{self, Memory};
use super::servers::server::Server;

pub const CONNECTIONS: u32 = 64;
const DONE: &str = include_str!("load/done.lua");
const MIX: &str = include_str!("load/mix.lua");

/// The numbers of one sample.
#[derive(Clone, Copy)]
pub struct Sample {
    pub requests: f64,
    pub requests_per_second: f64,
    /// The median response time in milliseconds.
    pub p50: f64,
    /// The 99th percentile of the response time in milliseconds.
    pub p99: f64,
    /// The server's CPU time in microseconds a request.
    pub cpu: f64,
    /// The number of cores that the server used.
    pub cores: f64,
    /// The share of its core that wrk used.
    pub load_cores: f64,
    pub memory: Memory,
    pub failed: f64,
    /// The other requests a second meanwhile.
    pub beside_per_second: f64,
    /// The sample of the load that this one is compared with, just before.
    pub alone: Option<Alone>,
}

/// Reads that other ones are compared with.
#[derive(Clone, Copy)]
pub struct Alone {
    pub requests_per_second: f64,
    /// The 99th percentile of the response time in milliseconds.
    pub p99: f64,
    /// The server's CPU time in microseconds a request.
    pub cpu: f64,
}

/// The load of a cell on a server.
#[derive(Clone)]
pub struct Load {
    pub path: String,
    pub headers: Vec<Header>,
    /// The file of requests to send in place of the path.
    pub mix: Option<PathBuf>,
}

/// Writes wrk's scripts to the directory, where [`Load::run`] reads them.
pub fn write_scripts(directory: &Path) -> Result<(), String> {
    let write = |name, text: &str| std::fs::write(directory.join(name), text);
    write("done.lua", DONE)
        .and_then(|()| write("mix.lua", &[DONE, MIX].concat()))
        .map_err(|error| error.to_string())
}

impl Load {
    pub fn run(
        &self,
        server: &Server,
        cores: Cores,
        seconds: usize,
        directory: &Path,
    ) -> Result<Sample, String> {
        let (before, start) = (server.cpu_nanoseconds(), Instant::now());
        let load_before = process::children_seconds();
        let summary = self.wrk(server, cores, seconds, directory)?;
        let nanoseconds = (server.cpu_nanoseconds() - before) as f64;
        let wall = start.elapsed().as_secs_f64();
        let load_seconds = process::children_seconds() - load_before;
        let number = |name: &str| summary[name].as_f64().unwrap_or(f64::NAN);
        let requests = number("requests");
        if requests < 1.0 {
            return Err(format!(
                "{} completed no request in {seconds} s",
                server.name
            ));
        }
        Ok(Sample {
            requests,
            requests_per_second: requests / number("microseconds") * 1e6,
            p50: number("p50") / 1e3,
            p99: number("p99") / 1e3,
            cpu: nanoseconds / 1e3 / requests,
            cores: nanoseconds / 1e9 / wall,
            load_cores: load_seconds / wall,
            memory: server.memory(),
            failed: number("failed"),
            beside_per_second: 0.0,
            alone: None,
        })
    }

    fn wrk(
        &self,
        server: &Server,
        cores: Cores,
        seconds: usize,
        directory: &Path,
    ) -> Result<Value, String> {
        let script = if self.mix.is_some() {
            "mix.lua"
        } else {
            "done.lua"
        };
        let mut command = cores.load("wrk");
        command
            .args(["--threads", "1", "--timeout", "30s"])
            .args(["--connections", &CONNECTIONS.to_string()])
            .args(["--duration", &format!("{seconds}s")])
            .arg("--script")
            .arg(directory.join(script));
        for (name, value) in &self.headers {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        command.arg(format!("http://{}{}", server.address, self.path));
        if let Some(file) = &self.mix {
            command.arg("--").arg(file);
        }
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("wrk: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        let summary = lines.find_map(|line| line.strip_prefix("JSON "));
        let printed = || String::from_utf8_lossy(&output.stderr).into_owned() + &text;
        let summary = summary.ok_or_else(|| format!("wrk printed no numbers: {}", printed()))?;
        serde_json::from_str(summary).map_err(|error| format!("wrk: {error}"))
    }
}
