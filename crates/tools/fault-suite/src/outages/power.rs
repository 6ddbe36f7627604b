//! Power cuts: the state of the disk at one moment, while the service continues to write.

mod disk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use self::disk::Disk;
use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::run as execute;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

/// The acknowledged changes.
#[derive(Default)]
struct Acknowledged(Mutex<Vec<String>>);

impl Acknowledged {
    fn push(&self, id: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(id);
    }

    fn so_far(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn open(path: PathBuf) -> Result<SqliteConnection, Failure> {
    Ok(SqliteConnectOptions::new().filename(path).connect().await?)
}

pub async fn run(report: &mut Report, program: &Path, cuts: usize) -> Result<(), Failure> {
    of_the_service(report, program, cuts).await?;
    control(report, cuts).await
}

async fn of_the_service(report: &mut Report, program: &Path, cuts: usize) -> Result<(), Failure> {
    let mut disk = Disk::make()?;
    let url = format!("sqlite://{}/models.db", disk.path().display());
    let catalog = Catalog::make(&url).await?;
    let ids: Vec<String> = (0..cuts * 400)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    catalog.store.close().await;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url,
        prefix: vec![],
        variables: vec![],
    })
    .await?;
    let (acknowledged, is_over) = (Acknowledged::default(), AtomicBool::new(false));
    // Checking an image takes seconds. Deletions in that time would use up the models and test
    // nothing.
    let is_checking = AtomicBool::new(false);
    let deleting = async {
        for id in ids {
            while is_checking.load(Ordering::Relaxed) {
                wait(5).await;
            }
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            if node.delete(&catalog.owner, &id).await?.status == 200 {
                acknowledged.push(id);
            }
        }
        Ok::<_, Failure>(())
    };
    let started = Started::new(program, &catalog.owner);
    let cutting = async {
        let (mut lost, mut of, mut broken) = (0, 0, 0);
        let mut faulty = vec![];
        for number in 0..cuts {
            wait(300 + (number as u64 * 97) % 500).await;
            let gone = acknowledged.so_far();
            let found = disk
                .cut(async |path| {
                    is_checking.store(true, Ordering::Relaxed);
                    let fault = started.check(path, &gone, number % 2 == 1).await?;
                    let mut database = open(path.join("models.db")).await?;
                    let (check,): (String,) = sqlx::query_as("PRAGMA integrity_check")
                        .fetch_one(&mut database)
                        .await?;
                    let left: Vec<(String,)> = sqlx::query_as("SELECT id FROM models")
                        .fetch_all(&mut database)
                        .await?;
                    database.close().await?;
                    Ok((check, left, fault))
                })
                .await?;
            is_checking.store(false, Ordering::Relaxed);
            let left: std::collections::HashSet<String> =
                found.1.into_iter().map(|(id,)| id).collect();
            broken += usize::from(found.0 != "ok");
            lost += gone.iter().filter(|id| left.contains(*id)).count();
            of = gone.len();
            faulty.extend(found.2);
        }
        is_over.store(true, Ordering::Relaxed);
        is_checking.store(false, Ordering::Relaxed);
        Ok::<_, Failure>((lost, of, broken, faulty))
    };
    let ((), (lost, of, broken, faulty)) = tokio::try_join!(deleting, cutting)?;
    for fault in &faulty {
        eprintln!("power: {fault}");
    }
    let name = format!("power, {cuts} cuts, SQLite");
    report.none(&name, "acknowledged deletions lost", lost, of, cuts);
    report.none(&name, "damaged databases", broken, cuts, cuts);
    report.none(
        &name,
        "starts on the image that failed",
        faulty.len(),
        cuts,
        cuts,
    );
    drop(node);
    Ok(())
}

/// A start of the service on the image that a power cut leaves.
struct Started<'a> {
    program: &'a Path,
    owner: &'a str,
}

impl<'a> Started<'a> {
    fn new(program: &'a Path, owner: &'a str) -> Self {
        Self { program, owner }
    }

    /// Starts the service on the image, and returns the first fault: the service does not start,
    /// shows a model whose deletion was acknowledged, cannot delete another one, or uses another
    /// nodes file than the database names.
    ///
    /// Writes to the nodes file do not wait for the disk, so a power cut may leave any content in
    /// it. With `damaged`, this overwrites the file first.
    async fn check(
        &self,
        path: &Path,
        gone: &[String],
        damaged: bool,
    ) -> Result<Option<String>, Failure> {
        let nodes = path.join("models.db-nodes");
        if damaged {
            std::fs::write(&nodes, [0xa5; 5000])?;
        }
        let node = Node::start(&Start {
            program: self.program.to_owned(),
            database_url: format!("sqlite://{}/models.db", path.display()),
            prefix: vec![],
            variables: vec![],
        })
        .await;
        let mut node = match node {
            Ok(node) => node,
            Err(error) => return Ok(Some(error.to_string())),
        };
        let fault = self.check_node(&node, path, &nodes, gone).await;
        node.signal("-TERM")?;
        while node.lives()? {
            wait(10).await;
        }
        fault
    }

    async fn check_node(
        &self,
        node: &Node,
        path: &Path,
        nodes: &Path,
        gone: &[String],
    ) -> Result<Option<String>, Failure> {
        let shown = node.get(self.owner, "/v1/models", None).await?;
        let shown: serde_json::Value = serde_json::from_str(&shown.body)?;
        let listed = shown["data"].as_array().ok_or("the response has no list")?;
        let ids: Vec<&str> = listed
            .iter()
            .filter_map(|model| model["id"].as_str())
            .collect();
        if let Some(id) = gone.iter().find(|id| ids.contains(&id.as_str())) {
            return Ok(Some(format!("{id} is shown")));
        }
        let last = ids.last().ok_or("all models are deleted")?;
        let deleted = node.delete(self.owner, last).await?.status;
        if deleted != 200 {
            return Ok(Some(format!("a deletion returned {deleted}")));
        }
        let mut named = open(path.join("models.db")).await?;
        let (named_file,): (String,) = sqlx::query_as("SELECT nodes_file FROM catalog")
            .fetch_one(&mut named)
            .await?;
        named.close().await?;
        let mut found = open(nodes.to_owned()).await?;
        let (check, file, rows): (String, String, i64) = sqlx::query_as(
            "SELECT (SELECT quick_check FROM pragma_quick_check), (SELECT id FROM nodes_file), (SELECT count(*) FROM nodes)",
        )
        .fetch_one(&mut found)
        .await?;
        found.close().await?;
        let is_right = check == "ok" && file == named_file && rows == 1;
        Ok((!is_right)
            .then(|| format!("the nodes file: {check}, {rows} rows, {file}, not {named_file}")))
    }
}

/// Shows that a database that does not wait for the disk loses acknowledged changes.
async fn control(report: &mut Report, cuts: usize) -> Result<(), Failure> {
    let mut disk = Disk::make()?;
    let file = disk.path().join("hasty.db");
    let mut database = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .connect()
        .await?;
    sqlx::query("CREATE TABLE rows (id TEXT)")
        .execute(&mut database)
        .await?;
    execute(Command::new("sync").arg("-f").arg(&file))?;
    let (acknowledged, is_over) = (Acknowledged::default(), AtomicBool::new(false));
    let writing = async {
        let mut number = 0_u32;
        while !is_over.load(Ordering::Relaxed) {
            let id = number.to_string();
            sqlx::query("INSERT INTO rows VALUES (?)")
                .bind(&id)
                .execute(&mut database)
                .await?;
            acknowledged.push(id);
            number += 1;
            wait(1).await;
        }
        Ok::<_, Failure>(())
    };
    let cutting = async {
        let (mut lost, mut of) = (0, 0);
        for number in 0..cuts.min(5) {
            wait(300 + (number as u64 * 97) % 500).await;
            let written = acknowledged.so_far().len();
            let kept = disk
                .cut(async |path| {
                    let mut database = open(path.join("hasty.db")).await?;
                    let count: Result<(i64,), _> = sqlx::query_as("SELECT count(*) FROM rows")
                        .fetch_one(&mut database)
                        .await;
                    database.close().await?;
                    Ok(count.map_or(0, |(count,)| count))
                })
                .await?;
            lost += written.saturating_sub(usize::try_from(kept)?);
            of += written;
        }
        is_over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>((lost, of))
    };
    let (written, cut) = tokio::join!(writing, cutting);
    written?;
    database.close().await?;
    let (lost, of) = cut?;
    report.some(
        "power, control: synchronous=NORMAL",
        "acknowledged rows lost",
        lost,
        of,
    );
    Ok(())
}
