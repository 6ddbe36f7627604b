//! A dump is restored into the database of running nodes, in several ways.

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
/// The time for which a node caches that a key does not exist.
const MISSING_FOR: Duration = Duration::from_secs(5);
/// The milliseconds after which all nodes are in the epoch of a partial restore: renewals come
/// every second.
const SETTLED: u64 = 2_500;

/// A way to make and restore a dump.
struct Way {
    name: &'static str,
    dump: &'static [&'static str],
    restore: &'static [&'static str],
    /// The beginning of a line before which the restore pauses.
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
    // As with a long log, the keys are restored and their organizations are not yet.
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
        // Half of the keys are in memory; the nodes must look up the others.
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
                let what = "valid keys rejected during the restore";
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
        // The last requests may have begun just before the restore ended, so this repeats all.
        rejected = self.rejected(nodes).await?;
        let probes = nodes.len() * KEYS;
        let what = format!("valid keys rejected 5 s after the restore (probed for {took})");
        report.none(way.name, &what, rejected, probes, probes);
        self.shows_everything(report, way.name, nodes).await
    }

    /// Restores while no node runs.
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
        let what = "valid keys rejected after the start";
        report.none(way.name, what, rejected, probes, probes);
        self.shows_everything(report, way.name, &nodes).await
    }

    /// Counts the valid keys that a node rejects, over all nodes.
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

    /// Checks that every node lists every model, and that a change reaches all of them.
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
        report.none(name, "wrong responses after the restore", wrong, of, of);
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

    /// Restores the dump. The server ends a restore that is in a deadlock with a node. The restore
    /// is then repeated, since its single transaction has changed nothing.
    async fn restore(&self, way: &Way, dump: &[u8]) -> Result<(), Failure> {
        for _ in 0..5 {
            let mut restore = self.database.client(way.restore);
            let mut child = restore
                .args(["-d", "postgres"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // A restore that fails ends before all of the dump is written.
                let _ = stdin.write_all(dump);
            }
            let output = child.wait_with_output()?;
            if output.status.success() {
                return Ok(());
            }
            let printed = String::from_utf8_lossy(&output.stderr).into_owned();
            if !printed.contains("deadlock") {
                return Err(format!("{}: {printed}", way.name).into());
            }
            wait(200).await;
        }
        Err(format!("{}: the server ended the restore five times", way.name).into())
    }
}

/// Splits the dump in two parts at the pause.
fn parts(dump: Vec<u8>, pause_before: Option<&str>) -> Result<Vec<Vec<u8>>, Failure> {
    let Some(line) = pause_before else {
        return Ok(vec![dump]);
    };
    let dump = String::from_utf8(dump)?;
    // The lines that restrict psql's commands would be needed in both parts, so both are dropped.
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
