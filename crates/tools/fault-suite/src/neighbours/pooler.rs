//! A pooler between a node and its database.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::{Database, as_server_user, run as execute};
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

struct Pooler {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Pooler {
    async fn start(database: &Database, mode: &str) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let path = directory.path().join("pgbouncer.ini");
        let users = directory.path().join("users");
        std::fs::write(&users, "\"postgres\" \"\"\n")?;
        let config = format!(
            "[databases]\npostgres = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
            unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\n\
            ignore_startup_parameters = extra_float_digits,options\n",
            database.port,
            users.display()
        );
        std::fs::write(&path, config)?;
        execute(
            Command::new("chmod")
                .args(["-R", "a+rX"])
                .arg(directory.path()),
        )?;
        let mut command = as_server_user(Path::new("/usr/sbin/pgbouncer"));
        let process = command
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("pgbouncer (Debian and Ubuntu: apt-get install pgbouncer): {error}")
            })?;
        wait(1_000).await;
        Ok(Self {
            process,
            port,
            _directory: directory,
        })
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-KILL", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

pub async fn run(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let database = Database::start()?;
    let catalog = Catalog::make(&database.url()).await?;
    let name = "a pooler before the database";
    let pooler = Pooler::start(&database, "transaction").await?;
    let mut refused = tokio::process::Command::new(program);
    let refused = refused
        .arg("serve")
        .env_clear()
        .env("MODELS__DATABASE__URL", Database::url_through(pooler.port))
        .env("MODELS__SERVER__PORT", "0")
        .env("MODELS__OPERATIONS__PORT", "0")
        .kill_on_drop(true)
        .output();
    let refused = tokio::time::timeout(Duration::from_secs(30), refused).await;
    let printed = match refused {
        Ok(output) => String::from_utf8_lossy(&output?.stderr).into_owned(),
        Err(_elapsed) => "it started".to_owned(),
    };
    let has_reason = printed.contains("set it to session mode");
    let last = printed.lines().last().unwrap_or_default().to_owned();
    report.row(
        name,
        "in transaction mode",
        if has_reason {
            "refused with the reason".to_owned()
        } else {
            last
        },
        "refused with the reason",
        has_reason,
    );
    let pooler = Pooler::start(&database, "session").await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: Database::url_through(pooler.port),
        prefix: vec![],
        variables: vec![],
    })
    .await?;
    let status = node.get(&catalog.owner, "/v1/models", None).await?.status;
    report.row(
        name,
        "in session mode",
        status.to_string(),
        "200 OK",
        status == 200,
    );
    Ok(())
}
