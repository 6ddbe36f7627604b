//! A PostgreSQL server for the tests. It is found or installed, started on a free port, and stopped
//! on drop.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::{run, system};

/// The variable that names a server to use in place of a throwaway one. The tests read it too.
pub const VARIABLE: &str = "MODELS_TEST_POSTGRES_URL";

const HOW_TO_INSTALL: &str = "this machine has no PostgreSQL server, and the installation failed; install one \
    (Debian and Ubuntu: `sudo apt-get install postgresql`; Fedora: `sudo dnf install postgresql-server`; \
    macOS: `brew install postgresql@17`), or set MODELS_TEST_POSTGRES_URL to the URL of a server on which tests may create \
    databases";

/// Whether committed changes survive a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    Full,
    None,
}

pub struct Postgres {
    url: String,
    started: Option<Started>,
}

struct Started {
    server: Child,
    /// The server's files, which are removed on drop.
    _directory: TempDir,
}

impl Postgres {
    /// The server that the environment names, or a new one.
    pub fn named_or_started() -> Result<Self, String> {
        if let Ok(url) = env::var(VARIABLE) {
            return Ok(Self { url, started: None });
        }
        start(&get()?, Durability::None)
    }

    /// A new server that keeps what it commits, as in production.
    pub fn durable() -> Result<Self, String> {
        start(&get()?, Durability::Full)
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(Started { server, .. }) = &mut self.started {
            // Under root the server's processes belong to another user, so this sends a signal in
            // place of the handle's `kill()`.
            let _ = Command::new("kill")
                .args(["-QUIT", &server.id().to_string()])
                .status();
            let _ = server.wait();
        }
    }
}

/// The directory of the server's programs. Installs them if they are missing.
pub fn get() -> Result<PathBuf, String> {
    find().or_else(install).ok_or(HOW_TO_INSTALL.to_owned())
}

/// Finds the programs of the newest server in Debian's directory or on the PATH.
fn find() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let newest = versions
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(version);
    let on_path =
        || env::split_paths(&env::var_os("PATH")?).find(|path| path.join("initdb").exists());
    newest.map(|path| path.join("bin")).or_else(on_path)
}

fn install() -> Option<PathBuf> {
    system::install(&["postgresql"]).ok()?;
    find()
}

fn start(binaries: &Path, durability: Durability) -> Result<Postgres, String> {
    let io = |error: std::io::Error| format!("a directory for the PostgreSQL server: {error}");
    let kept = TempDir::with_prefix("models-postgres-").map_err(io)?;
    let directory = kept.path();
    let user = system::is_root().then(server_user);
    if let Some(user) = user {
        run(Command::new("chown").arg(user).arg(directory))?;
    }
    let (data, log) = (directory.join("data"), directory.join("log"));
    run(&mut initdb(user, binaries, &data))?;
    let socket = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = socket.map_err(io)?.port();
    let mut server = as_user(user, &binaries.join("postgres"));
    server
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
        .arg(directory)
        .args(["-c", "max_connections=300"]);
    if durability == Durability::None {
        // The data is thrown away, so the server need not wait for the disk.
        server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    let server = server
        .stderr(fs::File::create(&log).map_err(io)?)
        .spawn()
        .map_err(io)?;
    let mut started = Started {
        server,
        _directory: kept,
    };
    let ready = wait_until_ready(binaries, port, &log, &mut started.server);
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let postgres = Postgres {
        url,
        started: Some(started),
    };
    ready.map(|()| postgres)
}

fn initdb(user: Option<&str>, binaries: &Path, data: &Path) -> Command {
    let mut command = as_user(user, &binaries.join("initdb"));
    command.arg("-D").arg(data).stdout(Stdio::null());
    command.args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    // The default order of text differs from the order of bytes, so that tests find queries without
    // `COLLATE "C"`. Servers before version 15 do not offer this.
    let help = Command::new(binaries.join("initdb")).arg("--help").output();
    if help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--icu-locale")) {
        command.args(["--locale-provider=icu", "--icu-locale=en"]);
    }
    command
}

fn wait_until_ready(
    binaries: &Path,
    port: u16,
    log: &Path,
    server: &mut Child,
) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline && matches!(server.try_wait(), Ok(None)) {
        let mut is_ready = Command::new(binaries.join("pg_isready"));
        is_ready.args([
            "-q",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-p",
            &port.to_string(),
        ]);
        if is_ready.status().is_ok_and(|status| status.success()) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    let printed = fs::read_to_string(log).unwrap_or_default();
    Err(format!(
        "the PostgreSQL server did not become ready; its log:\n{printed}"
    ))
}

/// The command as this user, because the server refuses to run as root.
fn as_user(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid", user, "--clear-groups"])
        .arg(program)
        .current_dir("/");
    command
}

/// The user for the server if this process is root: the user of Debian's package, or `nobody`.
fn server_user() -> &'static str {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) {
        "postgres"
    } else {
        "nobody"
    }
}
