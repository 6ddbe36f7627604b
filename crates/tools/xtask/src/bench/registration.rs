//! The rate of registrations on a durable PostgreSQL, beside that of a reference transaction on the
//! same server: it updates the same one row and inserts one.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::catalog::{Catalog, output};
use super::cells::LIST;
use super::names::SERVICE;
use super::options::Options;
use super::report::{ratios, spread};
use super::scene::logged_address;
use super::servers::http::{Connection, Header, bearer};
use super::servers::server::Server;
use super::tools::Tools;
use crate::postgres::{self, Postgres};

pub const NAME: &str = "registration on PostgreSQL";

const CLIENTS: [usize; 2] = [1, 16];
const TABLES: &str = "CREATE TABLE turn (id INT PRIMARY KEY, revision BIGINT NOT NULL);
    INSERT INTO turn VALUES (1, 0);
    CREATE TABLE event (id BIGSERIAL PRIMARY KEY, text TEXT NOT NULL);";
const TRANSACTION: &str = "BEGIN;
UPDATE turn SET revision = revision + 1 WHERE id = 1;
INSERT INTO event (text) VALUES ('a model with an id of a usual length, and its other fields');
END;
";

/// A database for the reference, and the service with a key that registers models.
struct Bench {
    binaries: PathBuf,
    reference: String,
    script: PathBuf,
    server: Server,
    key: Header,
}

/// Measures, and returns the section of the report.
pub fn measure(tools: &Tools, options: &Options) -> Result<String, String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let postgres = Postgres::durable()?;
    let bench = Bench::start(tools, &postgres, directory.path())?;
    let mut text = format!(
        "## {NAME}\n\nThe reference is `pgbench` with a prepared transaction that updates one row, the same for all \
         clients, and inserts one. Both commit durably (`fsync`, `synchronous_commit`) on one server.\n\n\
         | clients | reference, transactions/s | registrations/s | ratio |\n| ---: | ---: | ---: | ---: |\n"
    );
    for clients in CLIENTS {
        let (mut transactions, mut registrations) = (vec![], vec![]);
        for round in 0..options.rounds {
            eprintln!(
                "{NAME}, {clients} clients: round {} of {}",
                round + 1,
                options.rounds
            );
            transactions.push(bench.transactions(clients, options.seconds)?);
            registrations.push(bench.registrations(clients, options.seconds, round)?);
        }
        let _ = writeln!(
            text,
            "| {clients} | {} | {} | {} |",
            spread(&transactions, 0),
            spread(&registrations, 0),
            spread(&ratios(&registrations, &transactions), 2),
        );
    }
    Ok(text + "\n")
}

impl Bench {
    fn start(tools: &Tools, postgres: &Postgres, directory: &Path) -> Result<Self, String> {
        let binaries = postgres::get()?;
        let address = postgres.url().trim_end_matches("/postgres");
        let reference = format!("{address}/reference");
        let psql = |url: &str, sql: &str| {
            let mut psql = Command::new(binaries.join("psql"));
            psql.args(["--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, url]);
            output(psql, &Value::Null)
        };
        psql(postgres.url(), "CREATE DATABASE reference")?;
        psql(postgres.url(), "CREATE DATABASE models")?;
        psql(&reference, TABLES)?;
        let script = directory.join("reference.sql");
        std::fs::write(&script, TRANSACTION).map_err(|error| error.to_string())?;

        let url = format!("{address}/models");
        let command = |program: Command| {
            let mut command = Catalog::service_in(directory, program);
            command.env("MODELS__DATABASE__URL", &url);
            command
        };
        let run = |line: &str| {
            let mut command = command(Command::new(&tools.service));
            command.args(line.split(' '));
            output(command, &Value::Null)
        };
        run("organization create --slug acme --name Acme")?;
        let key = run("key create --organization acme --role writer --name bench --quiet")?;
        let mut serve = command(tools.cores.server(&tools.service));
        serve.arg("serve");
        let log = directory.join("models.log");
        let server = Server::start(SERVICE, serve, &log, logged_address)?;
        Ok(Self {
            binaries,
            reference,
            script,
            server,
            key: bearer(key.trim_end()),
        })
    }

    /// The reference's transactions a second.
    fn transactions(&self, clients: usize, seconds: usize) -> Result<f64, String> {
        let mut pgbench = Command::new(self.binaries.join("pgbench"));
        pgbench
            .args(["--no-vacuum", "--protocol", "prepared"])
            .args(["--client", &clients.to_string()])
            .args(["--time", &seconds.to_string(), "--file"])
            .arg(&self.script)
            .arg(&self.reference);
        let printed = output(pgbench, &Value::Null)?;
        let rate = printed
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.ok_or_else(|| format!("pgbench printed no rate: {printed}"))
    }

    /// The service's registrations a second. Each has a new id.
    fn registrations(&self, clients: usize, seconds: usize, round: usize) -> Result<f64, String> {
        let limit = Duration::from_secs(seconds as u64);
        thread::scope(|scope| {
            let start = Instant::now();
            let running: Vec<_> = (0..clients)
                .map(|client| {
                    let prefix = format!("ft:gpt-4o-mini:acme:{clients}-{round}-{client}");
                    scope.spawn(move || self.register(&prefix, start, limit))
                })
                .collect();
            let mut sent = 0;
            for client in running {
                sent += client
                    .join()
                    .map_err(|_| "a client panicked".to_owned())??;
            }
            Ok(sent as f64 / start.elapsed().as_secs_f64())
        })
    }

    /// Registers models one after another until the limit, and returns their number.
    fn register(&self, prefix: &str, start: Instant, limit: Duration) -> Result<usize, String> {
        let fail = |error: std::io::Error| format!("POST {LIST}: {error}");
        let mut connection = Connection::open(&self.server.address).map_err(fail)?;
        let mut sent = 0;
        while start.elapsed() < limit {
            let model = json!({"id": format!("{prefix}:{sent:08}")}).to_string();
            match connection.post(LIST, &self.key, &model).map_err(fail)? {
                200 => sent += 1,
                status => return Err(format!("POST {LIST} returned {status}")),
            }
        }
        Ok(sent)
    }
}
