//! A node of an older version, which knows neither policies nor disabled organizations, runs beside
//! nodes of this version at the time of the first such change. The change is refused while the older
//! node is registered. Once its row has expired, the level keeps it from serving.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Failure;
use crate::changes::restriction::{HIDDEN, KEPT, Restriction, Shown};
use crate::environment::database::Database;
use crate::environment::forwarder::Forwarder;
use crate::environment::node::{LEASE, Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;
use crate::versions::command_line::CommandLine;

/// The probes before the change, and long after it.
const FEW: usize = 50;

/// The versions, and the number of probes of each kind.
#[derive(Clone, Copy)]
pub struct Versions<'a> {
    pub older: &'a Path,
    pub program: &'a Path,
    pub count: usize,
}

pub async fn run(report: &mut Report, versions: Versions<'_>) -> Result<(), Failure> {
    for restriction in [Restriction::Policy, Restriction::Disabling] {
        let name = |what: &str| format!("{} beside {what}", restriction.name());
        let directory = tempfile::tempdir()?;
        let file = format!("sqlite://{}/models.db", directory.path().display());
        let scene = Scene::start(versions, restriction, &file, &file).await?;
        let stopped = name("an older node on SQLite, stopped");
        scene.run(report, &stopped, None).await?;
        for is_cut_off in [false, true] {
            let database = Database::start()?;
            let forwarder = Forwarder::start(database.port).await?;
            let through = Database::url_through(forwarder.port);
            let scene = Scene::start(versions, restriction, &database.url(), &through).await?;
            let fault = if is_cut_off { "cut off" } else { "stopped" };
            let name = name(&format!("an older node on PostgreSQL, {fault}"));
            scene
                .run(report, &name, is_cut_off.then_some(&forwarder))
                .await?;
        }
    }
    Ok(())
}

/// One node of the older version and two of this one.
struct Scene<'a> {
    versions: Versions<'a>,
    restriction: Restriction,
    url: String,
    directory: tempfile::TempDir,
    key: String,
    /// The words of the command that restricts the organization.
    restrict: Vec<String>,
    older: Node,
    present: [Node; 2],
}

impl<'a> Scene<'a> {
    /// Starts the nodes. The older one connects to `through`.
    async fn start(
        versions: Versions<'a>,
        restriction: Restriction,
        url: &str,
        through: &str,
    ) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let at = |program: &Path| command_line(program, directory.path(), url);
        let older = at(versions.older);
        older.migrate()?;
        let create = ["organization", "create", "--slug", "acme", "--name", "acme"];
        older.run(&create, "")?;
        let key = older.key("owner")?;
        let models = json!([{"id": KEPT, "created": 1}, {"id": HIDDEN, "created": 1}]);
        older.run(&["model", "import", "-"], &models.to_string())?;
        let this = Start {
            program: versions.program.to_owned(),
            database_url: url.to_owned(),
            prefix: vec![],
            variables: vec![],
        };
        let that = Start {
            program: versions.older.to_owned(),
            database_url: through.to_owned(),
            prefix: older.without_unknown_settings(),
            ..this.clone()
        };
        let older = Node::start(&that).await?;
        let newer = at(versions.program);
        newer.migrate()?;
        let present = [Node::start(&this).await?, Node::start(&this).await?];
        let restrict: Vec<String> = match restriction {
            Restriction::Policy => {
                let list = ["project", "list", "--organization", "acme", "--quiet"];
                let project = newer.run(&list, "")?;
                let words = [
                    "permissions",
                    "set",
                    "--mode",
                    "deny_list",
                    HIDDEN,
                    "--project",
                ];
                let words = words.into_iter().chain([project.trim()]);
                words.map(str::to_owned).collect()
            }
            Restriction::Disabling => ["organization", "disable", "acme"]
                .map(str::to_owned)
                .into(),
        };
        Ok(Self {
            versions,
            restriction,
            url: url.to_owned(),
            directory,
            key,
            restrict,
            older,
            present,
        })
    }

    /// Makes the change with the command line of this version.
    fn restrict(&self) -> Result<String, Failure> {
        let words: Vec<&str> = self.restrict.iter().map(String::as_str).collect();
        let (program, directory) = (self.versions.program, self.directory.path());
        command_line(program, directory, &self.url).run(&words, "")
    }

    /// Counts the lists and the retrievals of the older node that show the model or accept the key.
    async fn leaks(&self, count: usize) -> Result<(usize, usize), Failure> {
        let (mut lists, mut retrievals) = (0, 0);
        for _ in 0..count {
            let shown = Shown::read(&self.older, &self.key).await?;
            lists += usize::from(shown.list_leaks(self.restriction));
            retrievals += usize::from(shown.retrieves_hidden);
        }
        Ok((lists, retrievals))
    }

    async fn run(
        self,
        report: &mut Report,
        name: &str,
        forwarder: Option<&Forwarder>,
    ) -> Result<(), Failure> {
        let (before, _) = self.leaks(FEW).await?;
        let what = "control: lists of the older node that show the model before";
        report.some(name, what, before, FEW);
        let refusal = self.restrict().err().map(|error| error.to_string());
        let is_refused = refusal.is_some_and(|printed| printed.matches("node_").count() == 1);
        let found = if is_refused { "is refused" } else { "is made" }.to_owned();
        let what = "the change beside the older node";
        report.row(name, what, found, "is refused, with its id", is_refused);
        let mut changed = 0;
        for node in self.present.iter().chain([&self.older]) {
            changed += usize::from(Shown::read(node, &self.key).await? != Shown::BEFORE);
        }
        report.none(
            name,
            "nodes that show less after the refusal",
            changed,
            3,
            3,
        );

        match forwarder {
            Some(forwarder) => forwarder.cut(),
            None => self.older.signal("-STOP")?,
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        while let Err(error) = self.restrict() {
            if Instant::now() > deadline {
                return Err(error);
            }
            wait(100).await;
        }
        // A node that is cut off responds. A stopped one responds as it continues.
        let count = self.versions.count;
        let (mut lists, mut retrievals, mut of) = (0, 0, count + FEW);
        if forwarder.is_some() {
            (lists, retrievals) = self.leaks(count).await?;
            of += count;
        }
        match forwarder {
            Some(forwarder) => forwarder.heal(),
            None => self.older.signal("-CONT")?,
        }
        let after = self.leaks(count).await?;
        // Long enough for the node to register again, if the database let it.
        tokio::time::sleep(LEASE + Duration::from_secs(2)).await;
        let late = self.leaks(FEW).await?;
        lists += after.0 + late.0;
        retrievals += after.1 + late.1;
        report.none(name, "lists of the older node that leak", lists, of, count);
        let what = "retrievals of the older node that leak";
        report.none(name, what, retrievals, of, count);
        let mut leaking = 0;
        for node in &self.present {
            let shown = Shown::read(node, &self.key).await?;
            leaking += usize::from(shown.list_leaks(self.restriction) || shown.retrieves_hidden);
        }
        report.none(name, "nodes of this version that leak", leaking, 2, 2);
        self.restart_older(report, name)
    }

    /// Checks that no program of the older version starts on this catalog.
    fn restart_older(&self, report: &mut Report, name: &str) -> Result<(), Failure> {
        let started = Command::new(self.versions.older)
            .arg("serve")
            .current_dir(self.directory.path())
            .env_clear()
            .env("MODELS__DATABASE__URL", &self.url)
            .output()?;
        let printed = String::from_utf8_lossy(&started.stderr);
        let is_refused = !started.status.success()
            && (printed.contains("the catalog is at level 2")
                || printed.contains("the database is newer than this program"));
        let found = if is_refused {
            "is refused"
        } else {
            "is not refused"
        }
        .to_owned();
        let what = "the start of another older node";
        report.row(name, what, found, "is refused with the reason", is_refused);
        Ok(())
    }
}

fn command_line(program: &Path, directory: &Path, url: &str) -> CommandLine {
    CommandLine {
        program: program.to_owned(),
        directory: directory.to_owned(),
        url: url.to_owned(),
    }
}
