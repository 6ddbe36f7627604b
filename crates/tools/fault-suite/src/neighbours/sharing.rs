//! A shared cache between the clients and a node. It must show no client the responses of another.
//! The service's log, metrics and database must hold no key.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use models_core::Role;
use reqwest::Client;

use crate::Failure;
use crate::environment::catalog::Catalog;
use crate::environment::database::Database;
use crate::environment::node::{Node, Start};
use crate::environment::wait::wait;
use crate::report::Report;

pub async fn run(report: &mut Report, program: &Path) -> Result<(), Failure> {
    let database = Database::start()?;
    let acme = Catalog::make(&database.url()).await?;
    let other = acme.another("other").await?;
    acme.add(&["acmes-own".to_owned()]).await?;
    other.add(&["others-own".to_owned()]).await?;
    let node = Node::start(&Start {
        program: program.to_owned(),
        database_url: database.url(),
        prefix: vec![],
        variables: [("LOG__LEVEL", "trace"), ("LOG__REQUESTS", "all")]
            .map(|(name, value)| (format!("MODELS__{name}"), value.to_owned()))
            .into(),
    })
    .await?;
    for (name, more, is_control) in [
        ("a caching nginx", "", false),
        (
            "a caching nginx, control: it caches private responses",
            "proxy_ignore_headers Cache-Control Expires Vary;",
            true,
        ),
    ] {
        let nginx = Nginx::start(&node.address, more).await?;
        let (mut foreign, mut of) = (0, 0);
        for round in 0..50 {
            for path in [
                "/v1/models",
                "/v1/models/acmes-own",
                "/v1/models/others-own",
            ] {
                let first = [&acme, &other][round % 2];
                for catalog in [first, [&other, &acme][round % 2]] {
                    let cached = nginx.get(path, &catalog.owner).await?;
                    let own = node.get(&catalog.owner, path, None).await?;
                    foreign += usize::from(cached != (own.status.as_u16(), own.body));
                    of += 1;
                }
            }
        }
        if is_control {
            report.some(name, "responses that belong to another client", foreign, of);
        } else {
            report.none(
                name,
                "responses that belong to another client",
                foreign,
                of,
                300,
            );
        }
    }
    secrets(report, &database, &acme, node).await
}

async fn secrets(
    report: &mut Report,
    database: &Database,
    catalog: &Catalog,
    node: Node,
) -> Result<(), Failure> {
    let wrong = "sk-mdl-incorrect-incorrect-incorrect";
    let (_, reader) = catalog.key(Role::Reader).await?;
    let keys = [catalog.owner.as_str(), &reader, wrong];
    for key in keys {
        node.get(key, "/v1/models", None).await?;
        node.get(key, "/v1/models/a%0a%22b", None).await?;
        node.delete(key, "nothing").await?;
    }
    let metrics = node.metrics().await?;
    let dump = database.dump()?;
    let has_core = node.has_core_files()?;
    let log = node.log()?;
    let name = "secrets";
    let written = [
        ("log", &log),
        ("metrics", &metrics),
        ("database dump", &dump),
    ];
    let found = keys
        .iter()
        .flat_map(|key| written.map(|(_, text)| text.contains(key)))
        .filter(|found| *found)
        .count();
    report.none(name, "keys in the log, the metrics and a dump", found, 9, 9);
    let digests = dump.matches("key_").count();
    report.some(name, "control: ids of keys in the dump", digests, digests);
    let lines = log.lines().count();
    report.some(name, "control: lines of the log", lines, lines);
    let found = if has_core { "yes" } else { "no" }.to_owned();
    report.row(
        name,
        "the process may leave a core file",
        found,
        "no",
        !has_core,
    );
    Ok(())
}

struct Nginx {
    process: Child,
    client: Client,
    url: String,
    _directory: tempfile::TempDir,
}

impl Nginx {
    /// Starts nginx before this node. It caches all responses that it may.
    async fn start(node: &str, more: &str) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let path = directory.path().display();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log; events {{}}\n\
            http {{ access_log off; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy; \
            fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;\n\
            proxy_cache_path {path}/cache keys_zone=models:1m;\n\
            server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{node}; proxy_cache models;\n\
            proxy_cache_valid any 1m; {more} }} }} }}\n"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("nginx (Debian and Ubuntu: apt-get install nginx): {error}")
            })?;
        let nginx = Self {
            process,
            client: Client::new(),
            url: format!("http://127.0.0.1:{port}"),
            _directory: directory,
        };
        for _ in 0..100 {
            if nginx.get("/", "sk-nobody").await.is_ok() {
                return Ok(nginx);
            }
            wait(50).await;
        }
        Err("nginx did not start".into())
    }

    async fn get(&self, path: &str, key: &str) -> reqwest::Result<(u16, String)> {
        let request = self.client.get(format!("{}{path}", self.url));
        let response = request.bearer_auth(key).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
