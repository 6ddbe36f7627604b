//! The database's password changes under three running nodes, and all their connections end. No
//! request may fail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use models_core::Role;
use reqwest::{Client, Method, StatusCode};

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

const READERS: usize = 6;
/// The repetitions of a deletion, as in the SDKs, each after half a second.
const RETRIES: usize = 2;

fn write(path: &Path, password: &str) -> Result<(), Failure> {
    let next = path.with_extension("next");
    fs::write(&next, password)?;
    fs::set_permissions(&next, fs::Permissions::from_mode(0o600))?;
    Ok(fs::rename(next, path)?)
}

struct Rotation {
    database: Database,
    catalog: Catalog,
    nodes: Vec<Node>,
    client: Client,
    is_over: AtomicBool,
    requests: AtomicUsize,
    failed: AtomicUsize,
}

impl Rotation {
    /// Sends reads that memory cannot serve: they require the newest state, and every other read
    /// uses a key that is new to the node.
    async fn read(&self, number: usize) -> Result<(), Failure> {
        let mut key = self.catalog.key(Role::Reader).await?.1;
        let mut round = number;
        while !self.is_over.load(Ordering::Acquire) {
            round += 1;
            if round.is_multiple_of(2) {
                key = self.catalog.key(Role::Reader).await?.1;
            }
            let node = &self.nodes[round % self.nodes.len()];
            let no_cache = Some(("Cache-Control", "no-cache"));
            let response = node.get(&key, "/v1/models", no_cache).await?;
            self.count(response.status == 200, &response.body);
            wait(5).await;
        }
        Ok(())
    }

    /// Sends deletions, and repeats them as the SDKs do.
    async fn delete(&self) -> Result<(), Failure> {
        let mut round = 0;
        while !self.is_over.load(Ordering::Acquire) {
            round += 1;
            let id = format!("rotated-{round}");
            self.catalog.add(std::slice::from_ref(&id)).await?;
            let node = &self.nodes[round % self.nodes.len()];
            let mut tries = 0;
            let (status, body) = loop {
                let request = self
                    .client
                    .request(Method::DELETE, node.url(&format!("/v1/models/{id}")))
                    .bearer_auth(&self.catalog.owner)
                    .header("x-stainless-retry-count", tries.to_string());
                let response = request.send().await?;
                let status = response.status();
                if status != StatusCode::SERVICE_UNAVAILABLE || tries == RETRIES {
                    break (status, response.text().await?);
                }
                tries += 1;
                wait(500).await;
            };
            self.count(status == 200, &body);
            wait(50).await;
        }
        Ok(())
    }

    fn count(&self, is_good: bool, body: &str) {
        self.requests.fetch_add(1, Ordering::AcqRel);
        if !is_good {
            self.failed.fetch_add(1, Ordering::AcqRel);
            eprintln!("failed: {body}");
        }
    }

    async fn end_connections(&self) -> Result<(), Failure> {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'models'";
        self.database.execute(end).await
    }

    async fn alter(&self, password: &str) -> Result<(), Failure> {
        let alter = format!("ALTER ROLE models PASSWORD '{password}'");
        self.database.execute(&alter).await
    }

    /// Runs the work and a pause under load. Returns the number of failed requests and of all
    /// requests.
    async fn under_load(
        &self,
        work: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(usize, usize), Failure> {
        self.is_over.store(false, Ordering::Release);
        self.requests.store(0, Ordering::Release);
        self.failed.store(0, Ordering::Release);
        let working = async {
            let done = work.await;
            wait(1_000).await;
            self.is_over.store(true, Ordering::Release);
            done
        };
        let reading = join_all((0..READERS).map(|number| self.read(number)));
        let (done, read, deleted) = tokio::join!(working, reading, self.delete());
        done?;
        deleted?;
        read.into_iter().collect::<Result<(), _>>()?;
        let count = |counter: &AtomicUsize| counter.load(Ordering::Acquire);
        Ok((count(&self.failed), count(&self.requests)))
    }
}

pub async fn run(report: &mut Report, program: &Path, rounds: usize) -> Result<(), Failure> {
    let database = Database::start()?;
    database.demand_password("password-of-round-0").await?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("password");
    write(&file, "password-of-round-0")?;
    let port = database.port;
    // The suite connects as the administrator, and keeps its connections.
    let catalog = Catalog::make(&format!("postgres://postgres@127.0.0.1:{port}/models")).await?;
    own_tables(port).await?;
    let start = Start {
        program: program.to_owned(),
        database_url: format!("postgres://models@127.0.0.1:{port}/models"),
        prefix: vec![],
        variables: vec![(
            "MODELS__DATABASE__PASSWORD_FILE".to_owned(),
            file.display().to_string(),
        )],
    };
    let mut nodes = vec![];
    for _ in 0..3 {
        nodes.push(Node::start(&start).await?);
    }
    let rotation = Rotation {
        database,
        catalog,
        nodes,
        client: Client::new(),
        is_over: AtomicBool::new(false),
        requests: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
    };
    let name = "a password is rotated under three nodes";
    let rotating = async {
        for round in 1..=rounds {
            let password = format!("password-of-round-{round}");
            // The file and the role change in either order. Connections end in between and
            // afterwards.
            if round.is_multiple_of(2) {
                rotation.alter(&password).await?;
                rotation.end_connections().await?;
                wait(500).await;
                write(&file, &password)?;
            } else {
                write(&file, &password)?;
                rotation.end_connections().await?;
                wait(1_500).await;
                rotation.alter(&password).await?;
            }
            rotation.end_connections().await?;
            wait(1_500).await;
        }
        Ok(())
    };
    let (failed, of) = rotation.under_load(rotating).await?;
    report.none(name, "requests that failed", failed, of, 50 * rounds);
    if failed > 0 {
        eprintln!("{}", rotation.nodes[0].log()?);
    }
    let mut shown = 0;
    for node in &rotation.nodes {
        shown += node.log()?.matches("password-of-round").count();
    }
    report.row(
        name,
        "passwords in the log",
        shown.to_string(),
        "0",
        shown == 0,
    );

    let name = "a password is rotated, control: the file keeps the old one";
    let breaking = async {
        rotation.alter("password-that-no-file-has").await?;
        rotation.end_connections().await?;
        wait(5_000).await;
        Ok(())
    };
    let (failed, of) = rotation.under_load(breaking).await?;
    report.some(name, "requests that failed", failed, of);
    let mut reported = 0;
    for node in &rotation.nodes {
        reported += usize::from(node.log()?.contains("the database refuses the password"));
    }
    report.row(
        name,
        "nodes whose log reports it",
        reported.to_string(),
        "3",
        reported == 3,
    );
    Ok(())
}

/// Makes the nodes' role the owner of the tables that the suite has created.
async fn own_tables(port: u16) -> Result<(), Failure> {
    use sqlx::{Connection, Executor, PgConnection};
    let url = format!("postgres://postgres@127.0.0.1:{port}/models");
    let mut connection = PgConnection::connect(&url).await?;
    let give = "DO $$ DECLARE name text; BEGIN \
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
            EXECUTE format('ALTER TABLE public.%I OWNER TO models', name); END LOOP; END $$";
    connection.execute(give).await?;
    Ok(connection.close().await?)
}
