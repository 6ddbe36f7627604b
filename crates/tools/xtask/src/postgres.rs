//! A PostgreSQL server for the tests: found, or installed, started on a free port, and stopped when
//! it is dropped.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::{run, system};

/// Names a server to use in place of a throwaway one. The tests read it too.
pub const VARIABLE: &str = "MODELS_TEST_POSTGRES_URL";

const HOW_TO_INSTALL: &str = "there is no PostgreSQL server here, and none could be installed: install one \
    (Debian and Ubuntu: `sudo apt-get install postgresql`; Fedora: `sudo dnf install postgresql-server`; \
    macOS: `brew install postgresql@17`), or set MODELS_TEST_POSTGRES_URL to the URL of one in which databases may be \
    created";

pub struct Postgres {
    url: String,
    started: Option<Started>,
}

struct Started {
    server: Child,
    /// Holds all that the server keeps; removed when this is dropped.
    _directory: TempDir,
}

impl Postgres {
    /// The server that the environment names; where it names none, a new one.
    pub fn named_or_started() -> Result<Self, String> {
        if let Ok(url) = env::var(VARIABLE) {
            return Ok(Self { url, started: None });
        }
        start(&get()?)
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(Started { server, .. }) = &mut self.started {
            // The server's processes are of another user where this one is root: a signal, not
            // `kill()` on a handle.
            let _ = Command::new("kill")
                .args(["-QUIT", &server.id().to_string()])
                .status();
            let _ = server.wait();
        }
    }
}

/// Where the server's binaries are, installed if need be.
pub fn get() -> Result<PathBuf, String> {
    find().or_else(install).ok_or(HOW_TO_INSTALL.to_owned())
}

/// The newest server's binaries, where Debian puts them, or on the PATH.
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

fn start(binaries: &Path) -> Result<Postgres, String> {
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
    let server = as_user(user, &binaries.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
        .arg(directory)
        // It keeps nothing, so it need not wait for the disk.
        .args([
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_connections=300",
        ])
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
    // Another order of text than that of the bytes, so that a query which forgets to ask for the
    // bytes is found. Servers before version 15 do not offer it.
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
    let said = fs::read_to_string(log).unwrap_or_default();
    Err(format!(
        "the PostgreSQL server did not become ready; it said:\n{said}"
    ))
}

/// The server refuses to run as root.
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

/// Who runs the server in root's place: the user of Debian's package, or nobody.
fn server_user() -> &'static str {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) {
        "postgres"
    } else {
        "nobody"
    }
}
