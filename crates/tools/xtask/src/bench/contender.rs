//! A server in a cell: the check whether it supports the requests, and its samples.

use std::path::Path;
use std::time::{Duration, Instant};

use super::cells::{Beside, Cell, LIST, Readers};
use super::load::aside::Stream;
use super::load::mix;
use super::load::{Alone, Load, Sample};
use super::names::{OTHER, SERVICE};
use super::report::Row;
use super::servers::cores::Cores;
use super::servers::http::{Header, Response, bearer, header};
use super::servers::server::Server;

/// The bare server's validator, which its responses do not contain.
const UNTOLD_TAG: &str = "\"anchor\"";
const LONGEST_ENCODING: Duration = Duration::from_secs(10);

pub struct Contender<'a> {
    server: &'a Server,
    load: Load,
    /// The stream of requests sent meanwhile.
    stream: Option<&'a Stream>,
    /// The load of one tenant alone or of a project without a policy, if the cell's load differs.
    alone: Option<Load>,
}

/// The keys of a cell.
#[derive(Clone, Copy)]
pub struct Callers<'a> {
    /// The key of the requests.
    pub key: &'a str,
    /// The key of [`Readers::One`].
    pub plain: &'a str,
    /// The keys of [`Readers::Many`].
    pub keys: &'a [String],
}

impl<'a> Contender<'a> {
    /// Checks one response of each kind first. The error is the reason why the server cannot take
    /// part.
    pub fn make(
        server: &'a Server,
        cell: &Cell,
        callers: Callers<'_>,
        stream: Option<&'a Stream>,
        directory: &Path,
    ) -> Result<(Self, Row), String> {
        let (headers, response) = probe(server, cell, callers.key)?;
        if let Some(stream) = stream {
            stream.try_one(server)?;
        }
        let mut load = Load {
            path: server.path(&cell.path),
            headers,
            mix: None,
        };
        let mut alone =
            (cell.readers != Readers::One || cell.beside != Beside::Nothing).then(|| load.clone());
        if cell.readers == Readers::Restricted {
            let (headers, plain) = probe(server, cell, callers.plain)?;
            if plain.body != response.body {
                return Err("responds differently without the policy".to_owned());
            }
            alone = Some(Load {
                headers,
                ..load.clone()
            });
        }
        let mut row = Row::new(server.name, &response, cell.readers.alone());
        if cell.readers == Readers::Many {
            let file = directory.join(format!("mix{}", server.prefix.replace('/', "-")));
            mix::write(&file, server.prefix, callers.keys)?;
            load.mix = Some(file);
            if is_service(server) {
                let before = server.memory();
                warm(server, &cell.path, callers.keys)?;
                row.own_model_bytes = cell.contents.own_model_bytes(before, server.memory());
            }
        }
        let contender = Self {
            server,
            load,
            stream,
            alone,
        };
        Ok((contender, row))
    }

    pub fn sample(&self, cores: Cores, seconds: usize, directory: &Path) -> Result<Sample, String> {
        let run = |load: &Load| load.run(self.server, cores, seconds, directory);
        self.server.settle();
        let alone = self.alone.as_ref().map(run).transpose()?;
        self.server.settle();
        let load = || run(&self.load);
        let (sample, beside_per_second) = match self.stream {
            Some(stream) => stream.during(self.server, load)?,
            None => (load()?, 0.0),
        };
        Ok(Sample {
            beside_per_second,
            alone: alone.map(|sample| Alone {
                requests_per_second: sample.requests_per_second,
                p99: sample.p99,
                cpu: sample.cpu,
            }),
            ..sample
        })
    }
}

/// Returns the headers of the cell's requests, and a response to them.
fn probe(server: &Server, cell: &Cell, key: &str) -> Result<(Vec<Header>, Response), String> {
    let mut headers = vec![bearer(key)];
    headers.extend(cell.headers.iter().cloned());
    let mut response = server.get(&cell.path, &headers)?;
    expect(&response, 200)?;
    // The service compresses lists in the background.
    let deadline = Instant::now() + LONGEST_ENCODING;
    while is_service(server)
        && headers.iter().any(|(name, _)| name == "Accept-Encoding")
        && cell.path == LIST
        && response.header("content-encoding").is_none()
    {
        if Instant::now() > deadline {
            return Err("does not compress its list".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
        response = server.get(&cell.path, &headers)?;
    }
    if !cell.conditional {
        return Ok((headers, response));
    }
    let tag = response.header("etag").unwrap_or(UNTOLD_TAG);
    headers.push(header("If-None-Match", tag));
    let response = server.get(&cell.path, &headers)?;
    expect(&response, 304)?;
    Ok((headers, response))
}

fn is_service(server: &Server) -> bool {
    [SERVICE, OTHER].contains(&server.name)
}

/// Sends one request of every tenant, several at a time.
fn warm(server: &Server, path: &str, keys: &[String]) -> Result<(), String> {
    const AT_A_TIME: usize = 4;
    let send = |keys: &[String]| -> Result<(), String> {
        for key in keys {
            expect(&server.get(path, &[bearer(key)])?, 200)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let share = keys.len().div_ceil(AT_A_TIME).max(1);
        let sending: Vec<_> = keys
            .chunks(share)
            .map(|keys| scope.spawn(move || send(keys)))
            .collect();
        sending.into_iter().try_for_each(|sending| {
            sending
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
        })
    })
}

fn expect(response: &Response, status: u16) -> Result<(), String> {
    if response.status == status {
        return Ok(());
    }
    Err(format!("returns {} in place of {status}", response.status))
}
