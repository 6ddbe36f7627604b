//! Power cuts: what has reached the disk at one moment, under a service that goes on writing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::Failure;
use crate::catalog::Catalog;
use crate::database::{is_root, run as execute};
use crate::node::{Node, Start};
use crate::report::Report;
use crate::scene::wait;

/// A disk in a file, whose file system can be copied as it is at one moment.
struct Disk {
    directory: TempDir,
    /// What is mounted, and the loop devices, the last one first.
    mounted: Vec<PathBuf>,
    devices: Vec<String>,
}

impl Disk {
    fn make() -> Result<Self, Failure> {
        if !is_root() {
            return Err(
                "a file system of its own needs root; `--leave-out power` goes without".into(),
            );
        }
        let mut disk = Self {
            directory: tempfile::tempdir()?,
            mounted: vec![],
            devices: vec![],
        };
        let path = |name: &str| disk.directory.path().join(name);
        let (host, below, on) = (path("host.img"), path("host"), path("disk"));
        for directory in [&below, &on, &path("crash")] {
            std::fs::create_dir(directory)?;
        }
        execute(Command::new("truncate").args(["-s", "400M"]).arg(&host))?;
        execute(
            Command::new("mkfs.xfs")
                .args(["-q", "-m", "reflink=1"])
                .arg(&host),
        )?;
        disk.mount(&host, &below)?;
        let image = below.join("disk.img");
        execute(Command::new("truncate").args(["-s", "64M"]).arg(&image))?;
        execute(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        disk.mount(&image, &on)?;
        Ok(disk)
    }

    fn mount(&mut self, image: &Path, at: &Path) -> Result<(), Failure> {
        let found = Command::new("losetup")
            .args(["-f", "--show"])
            .arg(image)
            .output()?;
        if !found.status.success() {
            return Err(String::from_utf8_lossy(&found.stderr).into());
        }
        let device = String::from_utf8(found.stdout)?.trim().to_owned();
        self.devices.insert(0, device.clone());
        execute(Command::new("mount").arg(device).arg(at))?;
        self.mounted.insert(0, at.to_owned());
        Ok(())
    }

    fn unmount(&mut self) {
        if !self.mounted.is_empty() {
            let _ = execute(Command::new("umount").arg(self.mounted.remove(0)));
        }
        if !self.devices.is_empty() {
            let _ = execute(Command::new("losetup").args(["-d", &self.devices.remove(0)]));
        }
    }

    /// Where the service writes.
    fn path(&self) -> PathBuf {
        self.directory.path().join("disk")
    }

    /// What would be found after a power cut at this moment.
    async fn cut<T>(
        &mut self,
        look: impl AsyncFnOnce(&Path) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (image, copy) = (
            self.directory.path().join("host/disk.img"),
            self.directory.path().join("host/crash.img"),
        );
        execute(
            Command::new("cp")
                .arg("--reflink=always")
                .args([&image, &copy]),
        )?;
        let at = self.directory.path().join("crash");
        self.mount(&copy, &at)?;
        let seen = look(&at).await;
        self.unmount();
        seen
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        while !self.devices.is_empty() {
            self.unmount();
        }
    }
}

/// What has been acknowledged.
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
    let deleting = async {
        for id in ids {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            if node.delete(&catalog.owner, &id).await?.status == 200 {
                acknowledged.push(id);
            }
        }
        Ok::<_, Failure>(())
    };
    let cutting = async {
        let (mut lost, mut of, mut broken) = (0, 0, 0);
        for number in 0..cuts {
            wait(300 + (number as u64 * 97) % 500).await;
            let gone = acknowledged.so_far();
            let found = disk
                .cut(async |path| {
                    let mut database = open(path.join("models.db")).await?;
                    let (check,): (String,) = sqlx::query_as("PRAGMA integrity_check")
                        .fetch_one(&mut database)
                        .await?;
                    let left: Vec<(String,)> = sqlx::query_as("SELECT id FROM models")
                        .fetch_all(&mut database)
                        .await?;
                    database.close().await?;
                    Ok((check, left))
                })
                .await?;
            let left: std::collections::HashSet<String> =
                found.1.into_iter().map(|(id,)| id).collect();
            broken += usize::from(found.0 != "ok");
            lost += gone.iter().filter(|id| left.contains(*id)).count();
            of = gone.len();
        }
        is_over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>((lost, of, broken))
    };
    let (deleted, cut) = tokio::join!(deleting, cutting);
    deleted?;
    let (lost, of, broken) = cut?;
    let name = format!("power, {cuts} cuts, SQLite");
    report.none(&name, "acknowledged deletions lost", lost, of, cuts);
    report.none(&name, "databases that are not whole", broken, cuts, cuts);
    drop(node);
    Ok(())
}

/// A database that does not wait for the disk loses what it acknowledged.
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
