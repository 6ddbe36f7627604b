//! A separate PostgreSQL server that requires a password.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

const ADMINISTRATOR: &str = "administrator-password";

/// A server that runs until this value is dropped. The service's role is not its administrator.
pub struct PasswordServer {
    port: u16,
    server: Child,
    directory: TempDir,
}

impl PasswordServer {
    /// Starts a server with a database `models`, which belongs to a role `models` with this
    /// password.
    ///
    /// # Panics
    ///
    /// If this machine has no PostgreSQL server programs, or if they fail.
    pub async fn start(password: &str) -> Self {
        Self::start_with(password, false).await
    }

    /// Starts such a server with TLS and a self-signed certificate, on all addresses of this
    /// machine.
    ///
    /// # Panics
    ///
    /// As in [`start`](Self::start), or if `openssl` is missing.
    pub async fn start_encrypted(password: &str) -> Self {
        Self::start_with(password, true).await
    }

    async fn start_with(password: &str, is_encrypted: bool) -> Self {
        let binaries = binaries().expect("the binaries of a PostgreSQL server");
        let directory = TempDir::with_prefix("models-password-").expect("a directory");
        let secret = directory.path().join("administrator");
        fs::write(&secret, ADMINISTRATOR).expect("a file");
        let owner = server_user();
        if let Some(owner) = owner {
            done(
                Command::new("chown")
                    .args(["-R", owner])
                    .arg(directory.path()),
            );
        }
        let data = directory.path().join("data");
        let mut initdb = as_user(owner, &binaries.join("initdb"));
        initdb
            .args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"])
            .args(["--locale=C", "--no-sync", "--pwfile"])
            .arg(&secret)
            .arg("-D")
            .arg(&data);
        done(&mut initdb);
        let mut more = vec![];
        if is_encrypted {
            let rules = data.join("pg_hba.conf");
            let rule = "host all all 0.0.0.0/0 scram-sha-256\n";
            let rules = fs::OpenOptions::new().append(true).open(rules);
            let written = rules.and_then(|mut rules| rules.write_all(rule.as_bytes()));
            written.expect("a rule");
            let mut certificate = as_user(owner, Path::new("openssl"));
            certificate
                .args([
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                ])
                .args(["-subj", "/CN=localhost", "-keyout"])
                .arg(data.join("server.key"))
                .arg("-out")
                .arg(data.join("server.crt"));
            done(&mut certificate);
            more = vec!["-c", "ssl=on"];
        }
        let address = if is_encrypted { "0.0.0.0" } else { "127.0.0.1" };
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let log = fs::File::create(directory.path().join("log")).expect("a file");
        let server = as_user(owner, &binaries.join("postgres"))
            .args(more)
            .args(["-h", address, "-p", &port.to_string(), "-c", "fsync=off"])
            .arg("-k")
            .arg(directory.path())
            .arg("-D")
            .arg(&data)
            .stderr(log)
            .spawn()
            .expect("a server");
        let server = Self {
            port,
            server,
            directory,
        };
        let deadline = Instant::now() + Duration::from_mins(1);
        while PgConnection::connect(&server.administrator())
            .await
            .is_err()
        {
            assert!(Instant::now() < deadline, "{}", server.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let role = format!("CREATE ROLE models LOGIN PASSWORD '{password}'");
        server.execute(&role).await;
        server.execute("CREATE DATABASE models OWNER models").await;
        server
    }

    /// The database's URL for the service's role, without the password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://models@127.0.0.1:{}/models", self.port)
    }

    fn administrator(&self) -> String {
        format!(
            "postgres://postgres:{ADMINISTRATOR}@127.0.0.1:{}/postgres",
            self.port
        )
    }

    /// Runs a statement as the administrator.
    ///
    /// # Panics
    ///
    /// If the server refuses it.
    pub async fn execute(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.administrator())
            .await
            .expect("the server responds");
        connection
            .execute(AssertSqlSafe(statement.to_owned()))
            .await
            .expect("the server executes the statement");
    }

    /// Gives the service's role another password.
    pub async fn set_password(&self, password: &str) {
        self.execute(&format!("ALTER ROLE models PASSWORD '{password}'"))
            .await;
    }

    /// Ends all connections of the service's role.
    pub async fn end_connections(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'models'",
        )
        .await;
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PasswordServer {
    fn drop(&mut self) {
        // Under root the server's processes belong to another user, so this runs `kill` in place of
        // the handle's `kill()`.
        let id = self.server.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &id]).status();
        let _ = self.server.wait();
    }
}

/// Finds the PostgreSQL programs in Debian's directory or on the PATH.
fn binaries() -> Option<PathBuf> {
    let has = |path: &Path| path.join("initdb").exists();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<PathBuf> = versions
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| has(path))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|path| has(path));
    versions.pop().or(on_path)
}

/// The user for the server if this process is root: PostgreSQL refuses to run as root.
fn server_user() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|id| id.stdout != b"0\n") {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let has_postgres = users.lines().any(|line| line.starts_with("postgres:"));
    Some(if has_postgres { "postgres" } else { "nobody" })
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    let mut command = match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", user, "--regid", user, "--clear-groups"])
                .arg(program);
            command
        }
    };
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn done(command: &mut Command) {
    let output = command.output().expect("a program that can be run");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {printed}");
}
