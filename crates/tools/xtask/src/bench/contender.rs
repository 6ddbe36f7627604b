//! A server in a cell: whether it can do what is asked, and how it does it.

use std::path::Path;
use std::time::{Duration, Instant};

use super::cells::{Beside, Cell, LIST, Readers};
use super::load::aside::Stream;
use super::load::mix;
use super::load::{Alone, Load, Sample};
use super::names::{OTHER, SERVICE};
use super::report::Row;
use super::servers::cores::Cores;
use super::servers::http::{Answer, Header, bearer, header};
use super::servers::server::Server;

/// What the bare anchor takes for the tag of its list; its answers do not tell it.
const UNTOLD_TAG: &str = "\"anchor\"";
const LONGEST_ENCODING: Duration = Duration::from_secs(10);

pub struct Contender<'a> {
    server: &'a Server,
    load: Load,
    /// What is asked meanwhile.
    stream: Option<&'a Stream>,
    /// The load of one tenant alone, where the cell's is another.
    alone: Option<Load>,
}

impl<'a> Contender<'a> {
    /// Looks at one answer of each kind first; the error says why the server cannot take part.
    pub fn make(
        server: &'a Server,
        cell: &Cell,
        key: &str,
        keys: &[String],
        stream: Option<&'a Stream>,
        directory: &Path,
    ) -> Result<(Self, Row), String> {
        let (headers, answer) = look(server, cell, key)?;
        if let Some(stream) = stream {
            stream.try_one(server)?;
        }
        let mut load = Load {
            path: server.path(&cell.path),
            headers,
            mix: None,
        };
        let alone =
            (cell.readers != Readers::One || cell.beside != Beside::Nothing).then(|| load.clone());
        let mut row = Row::new(server.name, &answer);
        if cell.readers == Readers::Many {
            let file = directory.join(format!("mix{}", server.prefix.replace('/', "-")));
            mix::write(&file, server.prefix, keys)?;
            load.mix = Some(file);
            if is_service(server) {
                let before = server.memory();
                warm(server, &cell.path, keys)?;
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
            }),
            ..sample
        })
    }
}

/// The headers of the cell's requests, and an answer to them.
fn look(server: &Server, cell: &Cell, key: &str) -> Result<(Vec<Header>, Answer), String> {
    let mut headers = vec![bearer(key)];
    headers.extend(cell.headers.iter().cloned());
    let mut answer = server.get(&cell.path, &headers)?;
    expect(&answer, 200)?;
    // The service makes codings aside.
    let deadline = Instant::now() + LONGEST_ENCODING;
    while is_service(server)
        && headers.iter().any(|(name, _)| name == "Accept-Encoding")
        && cell.path == LIST
        && answer.header("content-encoding").is_none()
    {
        if Instant::now() > deadline {
            return Err("never encodes its list".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
        answer = server.get(&cell.path, &headers)?;
    }
    if !cell.conditional {
        return Ok((headers, answer));
    }
    let tag = answer.header("etag").unwrap_or(UNTOLD_TAG);
    headers.push(header("If-None-Match", tag));
    let answer = server.get(&cell.path, &headers)?;
    expect(&answer, 304)?;
    Ok((headers, answer))
}

fn is_service(server: &Server) -> bool {
    [SERVICE, OTHER].contains(&server.name)
}

/// Every tenant asks once, several at a time.
fn warm(server: &Server, path: &str, keys: &[String]) -> Result<(), String> {
    const AT_A_TIME: usize = 4;
    let ask = |keys: &[String]| -> Result<(), String> {
        for key in keys {
            expect(&server.get(path, &[bearer(key)])?, 200)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let share = keys.len().div_ceil(AT_A_TIME).max(1);
        let asking: Vec<_> = keys
            .chunks(share)
            .map(|keys| scope.spawn(move || ask(keys)))
            .collect();
        asking.into_iter().try_for_each(|asking| {
            asking
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
        })
    })
}

fn expect(answer: &Answer, status: u16) -> Result<(), String> {
    if answer.status == status {
        return Ok(());
    }
    Err(format!("answers {} in place of {status}", answer.status))
}
