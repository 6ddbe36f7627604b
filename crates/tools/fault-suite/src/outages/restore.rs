//! A dump is restored into the database of running nodes.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use models_core::Role;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

const KEYS: usize = 20;
const MODELS: usize = 50;
/// For how long a node relies on having found no such key.
const MISSING_FOR: Duration = Duration::from_secs(5);
/// Renewals come every second; this long after a part of a restore all nodes are in its history.
const SETTLED: u64 = 2_500;

/// How a dump is made and restored.
struct Way {
    name: &'static str,
    dump: &'static [&'static str],
    restore: &'static [&'static str],
    /// Restored up to the line that begins with this, and after a while the rest.
    pause_before: Option<&'static str>,
}

const WAYS: [Way; 5] = [
    Way {
        name: "restore, psql -1",
        dump: &["pg_dump", "--clean", "--if-exists"],
        restore: &["psql", "-1", "-v", "ON_ERROR_STOP=1"],
        pause_before: None,
    },
    Way {
        name: "restore, pg_restore --single-transaction",
        dump: &["pg_dump", "--format=custom"],
        restore: &[
            "pg_restore",
            "--single-transaction",
            "--clean",
            "--if-exists",
        ],
        pause_before: None,
    },
    Way {
        name: "restore, psql without a transaction",
        dump: &["pg_dump", "--clean", "--if-exists"],
        restore: &["psql", "-v", "ON_ERROR_STOP=1"],
        pause_before: None,
    },
    Way {
        name: "restore, pg_restore without a transaction",
        dump: &["pg_dump", "--format=custom"],
        restore: &["pg_restore", "--clean", "--if-exists"],
        pause_before: None,
    },
    // As with a long log: the keys are there, and their organizations are not.
    Way {
        name: "restore, psql without a transaction, slowly",
        dump: &["pg_dump", "--clean", "--if-exists"],
        restore: &["psql", "-v", "ON_ERROR_STOP=1"],
        pause_before: Some("COPY public.models "),
    },
];

struct Stage {
    database: Database,
    catalog: Catalog,
    keys: Vec<String>,
}

pub async fn run(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let database = Database::start()?;
    let catalog = Catalog::make(&database.url()).await?;
    let ids: Vec<String> = (0..MODELS)
        .map(|number| format!("model-{number}"))
        .collect();
    catalog.add(&ids).await?;
    let mut keys = vec![];
    for _ in 0..KEYS {
        keys.push(catalog.key(Role::Reader).await?.1);
    }
    let stage = Stage {
        database,
        catalog,
        keys,
    };
    let how = Start {
        program: program.to_owned(),
        database_url: stage.database.url(),
        prefix: vec![],
        variables: vec![],
    };
    let nodes = [
        Node::start(&how).await?,
        Node::start(&how).await?,
        Node::start(&how).await?,
    ];
    for way in &WAYS {
        stage.try_way(report, way, &nodes).await?;
    }
    stage.stopped(report, nodes, &how).await
}

impl Stage {
    async fn try_way(&self, report: &mut Report, way: &Way, nodes: &[Node]) -> Result<(), Failure> {
        let dump = self.dump(way)?;
        // Half of the keys are in memory, and half have to be looked up.
        for node in nodes {
            for key in self.keys.iter().step_by(2) {
                node.get(key, "/v1/models", None).await?;
            }
        }
        let parts = parts(dump, way.pause_before)?;
        let count = parts.len();
        for (number, part) in parts.into_iter().enumerate() {
            self.restore(way, &part).await?;
            if number + 1 < count {
                wait(SETTLED).await;
                let rejected = self.rejected(nodes).await?;
                let what = "good keys rejected in the midst of it";
                report.some(way.name, what, rejected, nodes.len() * KEYS);
            }
        }
        let restored = Instant::now();
        let mut rejected = self.rejected(nodes).await?;
        while rejected > 0 && restored.elapsed() < MISSING_FOR {
            wait(100).await;
            rejected = self.rejected(nodes).await?;
        }
        let took = format!("{:.2} s", restored.elapsed().as_secs_f64());
        // Those that were asked for last began just before.
        rejected = self.rejected(nodes).await?;
        let probes = nodes.len() * KEYS;
        let what = format!("good keys rejected 5 s after it (looked for {took})");
        report.none(way.name, &what, rejected, probes, probes);
        self.shows_everything(report, way.name, nodes).await
    }

    /// The other way: no node runs.
    async fn stopped(
        &self,
        report: &mut Report,
        nodes: [Node; 3],
        how: &Start,
    ) -> Result<(), Failure> {
        let way = Way {
            name: "restore, psql without a transaction, nodes stopped",
            ..WAYS[2]
        };
        let dump = self.dump(&way)?;
        for node in nodes {
            node.signal("-TERM")?;
            node.wait_for_end().await;
        }
        self.restore(&way, &dump).await?;
        let nodes = [Node::start(how).await?, Node::start(how).await?];
        let probes = nodes.len() * KEYS;
        let rejected = self.rejected(&nodes).await?;
        let what = "good keys rejected after the start";
        report.none(way.name, what, rejected, probes, probes);
        self.shows_everything(report, way.name, &nodes).await
    }

    /// How many good keys are not accepted, over all nodes.
    async fn rejected(&self, nodes: &[Node]) -> Result<usize, Failure> {
        let mut rejected = 0;
        for node in nodes {
            for key in &self.keys {
                let status = node.get(key, "/v1/models", None).await?.status;
                rejected += usize::from(status != 200);
            }
        }
        Ok(rejected)
    }

    /// Every node lists every model, and a change reaches all of them.
    async fn shows_everything(
        &self,
        report: &mut Report,
        name: &str,
        nodes: &[Node],
    ) -> Result<(), Failure> {
        let mut wrong = 0;
        for node in nodes {
            let list = node.get(&self.keys[0], "/v1/models", None).await?;
            wrong += usize::from(list.body.matches("\"object\":\"model\"").count() != MODELS);
        }
        let id = "after-the-restore".to_owned();
        self.catalog.add(std::slice::from_ref(&id)).await?;
        let deleted = nodes[0].delete(&self.catalog.owner, &id).await?.status;
        wrong += usize::from(deleted != 200);
        for node in nodes {
            let path = format!("/v1/models/{id}");
            let gone = node.get(&self.keys[0], &path, None).await?.status;
            wrong += usize::from(gone != 404);
        }
        let of = 2 * nodes.len() + 1;
        report.none(name, "wrong responses after it", wrong, of, of);
        Ok(())
    }

    fn dump(&self, way: &Way) -> Result<Vec<u8>, Failure> {
        let mut dump = self.database.client(way.dump);
        let output = dump
            .arg("postgres")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(output.stdout)
    }

    /// Restores the dump. The server ends a restore that is in a deadlock with a node; then the restore is repeated,
    /// since a single transaction has changed nothing.
    async fn restore(&self, way: &Way, dump: &[u8]) -> Result<(), Failure> {
        for _ in 0..5 {
            let mut restore = self.database.client(way.restore);
            let mut child = restore
                .args(["-d", "postgres"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // One that fails ends before all is written.
                let _ = stdin.write_all(dump);
            }
            let output = child.wait_with_output()?;
            if output.status.success() {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if !said.contains("deadlock") {
                return Err(format!("{}: {said}", way.name).into());
            }
            wait(200).await;
        }
        Err(format!("{}: the server ended it five times", way.name).into())
    }
}

/// The dump, in two parts if it is restored slowly.
fn parts(dump: Vec<u8>, pause_before: Option<&str>) -> Result<Vec<Vec<u8>>, Failure> {
    let Some(line) = pause_before else {
        return Ok(vec![dump]);
    };
    let dump = String::from_utf8(dump)?;
    // What keeps psql's own commands out from here to there would have to be in both parts.
    let kept = dump
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    let dump: String = kept.collect();
    let place = dump
        .find(&format!("\n{line}"))
        .ok_or("the dump has no such line")?;
    let (first, rest) = dump.split_at(place + 1);
    Ok(vec![first.into(), rest.into()])
}
