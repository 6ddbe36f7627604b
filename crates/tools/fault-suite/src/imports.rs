//! Deletions and revocations beside imports: they wait for a part of the import's turn and never fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use models_core::{ApiKeyId, Scope};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, PgPool, SqliteConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::Failure;
use crate::catalog::{Catalog, origin};
use crate::database::Database;
use crate::node::{Node, Start};
use crate::report::Report;
use crate::scene::wait;

/// How often something is deleted or revoked beside the import.
const PAUSE: Duration = Duration::from_millis(100);
/// The targets.
const P99: Duration = Duration::from_secs(1);
const SLOWEST: Duration = Duration::from_secs(4);
/// For how long the control holds the lock.
const HELD: u64 = 6_000;

/// How many models and keys there are to delete and to revoke.
const VICTIMS: usize = 300;

pub async fn run(report: &mut Report, program: &Path, models: usize) -> Result<(), Failure> {
    let server = Database::start()?;
    on(report, program, "PostgreSQL", &server.url(), models).await?;
    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/models.db", directory.path().display());
    on(report, program, "SQLite", &url, models).await
}

async fn on(
    report: &mut Report,
    program: &Path,
    kind: &str,
    url: &str,
    models: usize,
) -> Result<(), Failure> {
    let catalog = Catalog::make(url).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: url.to_owned(),
        prefix: vec![],
        variables: vec![],
    })
    .await?;
    let importer = Importer::new(program, url, models)?;
    killed(
        report,
        &format!("imports, {kind}, killed"),
        &catalog,
        &importer,
    )
    .await?;
    let mut beside = Beside::new(catalog, node);
    for (what, created) in [("all new", 1), ("all changed", 2), ("none changed", 2)] {
        let name = format!("imports, {kind}, {models} models, {what}");
        beside.refill().await?;
        let list = importer.list(created)?;
        let importing = async { finish(importer.start(&list, &[])?).await };
        let began = Instant::now();
        let (done, took) = beside.run(importing).await?;
        let import_took = format!("{:.1} s", began.elapsed().as_secs_f64());
        let number = |field: &str| done[field].as_u64().unwrap_or(u64::MAX);
        let counts = ["created", "updated", "unchanged"].map(number);
        let of = u64::try_from(models)?;
        let expected = [("all new", 0), ("all changed", 1), ("none changed", 2)];
        let place = expected.iter().find(|(name, _)| *name == what);
        let is_whole = place.is_some_and(|(_, place)| counts[*place] == of);
        report.row(&name, "the import took", import_took, "shown", is_whole);
        let turn = Duration::from_millis(number("turn_ms"));
        let shown = format!("{} ms", turn.as_millis());
        report.timed(
            &name,
            "it held the turn for",
            shown,
            "at most 2000 ms",
            turn <= P99 * 2,
        );
        took.report(report, &name);
    }
    beside.refill().await?;
    let name = format!("imports, {kind}, control: the turn is held for 6 s");
    let ((), took) = beside.run(hold(url)).await?;
    let missed = took.slow(SLOWEST);
    report.some(
        &name,
        "deletions and revocations that failed or took over 4 s",
        missed,
        took.0.len(),
    );
    Ok(())
}

/// An import that is killed leaves nothing, or has been committed as a whole.
async fn killed(
    report: &mut Report,
    name: &str,
    catalog: &Catalog,
    importer: &Importer,
) -> Result<(), Failure> {
    let other = catalog.another("other").await?;
    let list = importer.list(1)?;
    let (mut halves, mut killed) = (0, 0);
    for milliseconds in [50, 100, 200, 400, 800, 1_600] {
        let mut child = importer.start(&list, &["--organization", "other"])?;
        wait(milliseconds).await;
        killed += usize::from(child.try_wait()?.is_none());
        child.kill().await?;
        let scope = Scope::Organization(other.organization.id.clone());
        let count = catalog.store.models.list(&scope).await?.len();
        halves += usize::from(count != 0 && count != importer.models);
    }
    report.none(
        name,
        "imports of which a part is in the catalog",
        halves,
        killed,
        1,
    );
    if importer.url.starts_with("postgres") {
        let pool = PgPool::connect(&importer.url).await?;
        let count = "SELECT count(*) FROM pg_class WHERE relname = 'staged_models'";
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut left: i64 = i64::MAX;
        while left > 0 && Instant::now() < deadline {
            left = sqlx::query_scalar(count).fetch_one(&pool).await?;
            wait(50).await;
        }
        report.none(
            name,
            "tables that are left of them",
            usize::try_from(left)?,
            killed,
            1,
        );
    }
    Ok(())
}

/// Holds the turn, as an import did that took it at its beginning.
async fn hold(url: &str) -> Result<(), Failure> {
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await?;
        connection.execute("BEGIN IMMEDIATE").await?;
        wait(HELD).await;
        connection.execute("ROLLBACK").await?;
    } else {
        let mut connection = PgConnection::connect(url).await?;
        let take_turn = "BEGIN; UPDATE catalog SET revision = revision";
        connection.execute(take_turn).await?;
        wait(HELD).await;
        connection.execute("ROLLBACK").await?;
    }
    Ok(())
}

/// Imports on the command line.
struct Importer {
    program: PathBuf,
    url: String,
    models: usize,
    directory: TempDir,
}

impl Importer {
    fn new(program: &Path, url: &str, models: usize) -> Result<Self, Failure> {
        Ok(Self {
            program: program.to_owned(),
            url: url.to_owned(),
            models,
            directory: tempfile::tempdir()?,
        })
    }

    /// A file with the models, in no order.
    fn list(&self, created: u32) -> Result<PathBuf, Failure> {
        let model = |number: usize| {
            let scrambled = number.wrapping_mul(2_654_435_761) % 1_000_000_007;
            json!({
                "id": format!("provider-{}/model-{scrambled}-{number}", scrambled % 400),
                "object": "model",
                "created": created,
                "owned_by": format!("provider {}", scrambled % 400),
            })
        };
        let models: Vec<Value> = (0..self.models).map(model).collect();
        let path = self.directory.path().join(format!("{created}.json"));
        fs::write(
            &path,
            serde_json::to_vec(&json!({"object": "list", "data": models}))?,
        )?;
        Ok(path)
    }

    fn start(&self, list: &Path, more: &[&str]) -> Result<Child, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(["model", "import", "--json"])
            .arg(list)
            .args(more)
            .current_dir(self.directory.path())
            .env_clear()
            .env("MODELS__DATABASE__URL", &self.url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command.spawn()?)
    }
}

/// What the command says at its end.
async fn finish(child: Child) -> Result<Value, Failure> {
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// How long deletions and revocations took, or why they failed.
struct Took(Vec<Result<Duration, String>>);

impl Took {
    fn slow(&self, limit: Duration) -> usize {
        let in_time =
            |took: &Result<Duration, String>| took.as_ref().is_ok_and(|took| *took <= limit);
        self.0.iter().filter(|took| !in_time(took)).count()
    }

    fn report(self, report: &mut Report, name: &str) {
        let of = self.0.len();
        let (mut durations, mut failed) = (vec![], 0);
        for took in self.0 {
            match took {
                Ok(took) => durations.push(took),
                Err(reason) => {
                    eprintln!("{name}: {reason}");
                    failed += 1;
                }
            }
        }
        report.none(
            name,
            "deletions and revocations beside it that failed",
            failed,
            of,
            // How many there are depends on how long the import takes.
            1,
        );
        report.within(name, "deletions and revocations", &mut durations, 99, P99);
        report.within(
            name,
            "deletions and revocations",
            &mut durations,
            100,
            SLOWEST,
        );
    }
}

/// Deletes through a node and revokes as the command line does, in turn.
struct Beside {
    catalog: Arc<Catalog>,
    node: Arc<Node>,
    victims: Vec<(String, ApiKeyId)>,
    /// The key that goes with the model which was deleted last.
    key: Option<ApiKeyId>,
}

impl Beside {
    fn new(catalog: Catalog, node: Node) -> Self {
        Self {
            catalog: Arc::new(catalog),
            node: Arc::new(node),
            victims: vec![],
            key: None,
        }
    }

    /// Adds models to delete and keys to revoke, for a minute.
    async fn refill(&mut self) -> Result<(), Failure> {
        let missing = VICTIMS - self.victims.len();
        let ids: Vec<String> = (0..missing)
            .map(|_| format!("m-{}", Uuid::now_v7().simple()))
            .collect();
        self.catalog.add(&ids).await?;
        let keys = self.catalog.keys(missing).await?.into_iter();
        let keys = keys.map(|(key, _)| key);
        self.victims.extend(ids.into_iter().zip(keys));
        Ok(())
    }

    /// Does the work, and ten changes a second beside it.
    async fn run<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(T, Took), Failure> {
        let mut work = pin!(work);
        let mut ticks = tokio::time::interval(PAUSE);
        let mut changes = vec![];
        let done = loop {
            tokio::select! {
                done = &mut work => break done?,
                _ = ticks.tick() => changes.extend(self.change().map(tokio::spawn)),
            }
        };
        let took = join_all(changes).await.into_iter();
        Ok((done, Took(took.collect::<Result<_, _>>()?)))
    }

    /// The next change, as long as there is something left.
    fn change(
        &mut self,
    ) -> Option<impl Future<Output = Result<Duration, String>> + Send + 'static> {
        let (catalog, node) = (self.catalog.clone(), self.node.clone());
        let revoked = self.key.take();
        let deleted = if revoked.is_some() {
            None
        } else {
            let (id, key) = self.victims.pop()?;
            self.key = Some(key);
            Some(id)
        };
        Some(async move {
            let began = Instant::now();
            if let Some(id) = deleted {
                let response = node.delete(&catalog.owner, &id).await;
                let response = response.map_err(|error| error.to_string())?;
                if response.status != 200 {
                    return Err(format!("{}: {}", response.status, response.body));
                }
            }
            if let Some(key) = revoked {
                let revoked = catalog.store.api_keys.revoke(&key, origin()).await;
                let revoked = revoked.map_err(|error| error.to_string())?;
                revoked.ok_or("there is no such key")?;
            }
            Ok(began.elapsed())
        })
    }
}
