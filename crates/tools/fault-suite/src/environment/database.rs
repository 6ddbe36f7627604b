//! A PostgreSQL server that a scenario can kill, restart and replicate to a standby.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::Failure;

pub struct Database {
    binaries: PathBuf,
    directory: TempDir,
    pub port: u16,
    server: Option<Child>,
    addresses: Vec<&'static str>,
}

impl Database {
    /// Starts a server on a free port.
    pub fn start() -> Result<Self, Failure> {
        Self::start_at(&[])
    }

    /// Starts a server that also listens on these addresses of this machine, and trusts their
    /// networks.
    pub fn start_at(addresses: &[&'static str]) -> Result<Self, Failure> {
        let mut database = Self::prepare()?;
        let data = database.data();
        let mut initdb = database.program("initdb");
        initdb
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(&data);
        run(&mut initdb)?;
        let rules = data.join("pg_hba.conf");
        for address in addresses {
            let rule = format!("host all all {address}/24 trust\n");
            fs::File::options()
                .append(true)
                .open(&rules)?
                .write_all(rule.as_bytes())?;
        }
        database.addresses.extend_from_slice(addresses);
        database.run_server()?;
        Ok(database)
    }

    /// Adds a database `models` that belongs to a role `models` with this password.
    pub async fn demand_password(&self, password: &str) -> Result<(), Failure> {
        let rules = "host all models 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
        fs::write(self.data().join("pg_hba.conf"), rules)?;
        let role = format!("CREATE ROLE models LOGIN PASSWORD '{password}'");
        self.execute(&role).await?;
        self.execute("CREATE DATABASE models OWNER models").await?;
        self.execute("SELECT pg_reload_conf()").await
    }

    /// Runs a statement as the administrator.
    pub async fn execute(&self, statement: &str) -> Result<(), Failure> {
        let mut connection = PgConnection::connect(&self.url()).await?;
        connection
            .execute(AssertSqlSafe(statement.to_owned()))
            .await?;
        Ok(connection.close().await?)
    }

    /// Starts a standby of this server.
    pub fn standby(&self) -> Result<Self, Failure> {
        let mut standby = Self::prepare()?;
        let mut backup = standby.program("pg_basebackup");
        backup
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "postgres",
            ])
            .args(["-R", "-X", "stream", "-c", "fast", "-D"])
            .arg(standby.data());
        run(&mut backup)?;
        standby.run_server()?;
        Ok(standby)
    }

    fn prepare() -> Result<Self, Failure> {
        let directory = TempDir::with_prefix("models-faults-")?;
        if is_root() {
            run(Command::new("chown")
                .arg(server_user())
                .arg(directory.path()))?;
        }
        Ok(Self {
            binaries: find().ok_or(
                "this machine has no PostgreSQL server (Debian and Ubuntu: apt-get install postgresql)",
            )?,
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            directory,
            server: None,
            addresses: vec!["127.0.0.1"],
        })
    }

    /// The URL of the database through this port.
    pub fn url_through(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    pub fn url(&self) -> String {
        Self::url_through(self.port)
    }

    /// Stops the server as in a crash, and starts it again.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.signal("-QUIT")?;
        self.run_server()
    }

    /// Kills all processes of the server.
    pub fn kill(&mut self) -> Result<(), Failure> {
        if let Some(server) = &self.server {
            let parent = server.id().to_string();
            // The children are killed first, because they would notice the end of their parent.
            let _ = Command::new("pkill")
                .args(["-KILL", "-P", &parent])
                .status();
        }
        self.signal("-KILL")
    }

    /// Dumps the database as SQL.
    pub fn dump(&self) -> Result<String, Failure> {
        let mut dump = self.program("pg_dump");
        dump.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
            "postgres",
        ]);
        let output = dump.stdout(Stdio::piped()).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The command of a PostgreSQL client program with these arguments, for this server.
    pub fn client(&self, words: &[&str]) -> Command {
        let mut client = self.program(words.first().copied().unwrap_or_default());
        client
            .args(words.iter().skip(1))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-U", "postgres"]);
        client
    }

    /// Promotes the standby to a primary.
    pub fn promote(&self) -> Result<(), Failure> {
        let mut promote = self.program("pg_ctl");
        run(promote.args(["promote", "-w", "-D"]).arg(self.data()))
    }

    fn run_server(&mut self) -> Result<(), Failure> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.directory.path().join("log"))?;
        let mut server = self.program("postgres");
        server
            .args([
                "-h",
                &self.addresses.join(","),
                "-p",
                &self.port.to_string(),
                "-k",
            ])
            .arg(self.directory.path())
            .args(["-c", "max_connections=300", "-c", "wal_level=replica", "-D"])
            .arg(self.data())
            .stderr(log);
        self.server = Some(server.spawn()?);
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            let mut ready = Command::new(self.binaries.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ready.status()?.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        let printed = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        Err(format!("the PostgreSQL server did not become ready; its log:\n{printed}").into())
    }

    fn signal(&mut self, signal: &str) -> Result<(), Failure> {
        if let Some(mut server) = self.server.take() {
            // Under root the server's processes belong to another user, so this runs `kill` in
            // place of the handle's `kill()`.
            run(Command::new("kill").args([signal, &server.id().to_string()]))?;
            server.wait()?;
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The command of a PostgreSQL program, as the server's user: the server refuses to run as
    /// root.
    fn program(&self, name: &str) -> Command {
        let mut command = as_server_user(&self.binaries.join(name));
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.signal("-QUIT");
    }
}

/// The command of a program as the server's user, because it refuses to run as root.
pub fn as_server_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let user = server_user();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid", user, "--clear-groups"])
        .arg(program);
    command
}

pub fn run(command: &mut Command) -> Result<(), Failure> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {printed}").into())
}

pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

fn server_user() -> &'static str {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) {
        "postgres"
    } else {
        "nobody"
    }
}

/// Finds the PostgreSQL programs in Debian's directory or on the PATH.
fn find() -> Option<PathBuf> {
    let has = |path: &Path| path.join("initdb").exists();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| has(path))
        .collect();
    versions.sort();
    let on_path = || env::split_paths(&env::var_os("PATH")?).find(|path| has(path));
    versions.pop().or_else(on_path)
}
