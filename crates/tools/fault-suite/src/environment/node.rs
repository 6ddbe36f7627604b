//! A process of the service.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use tempfile::TempDir;

use crate::Failure;
use crate::environment::database::run;

/// The options for starting a node.
#[derive(Clone)]
pub struct Start {
    pub program: PathBuf,
    pub database_url: String,
    /// The words of a command that runs the program, before the program's path.
    pub prefix: Vec<String>,
    pub variables: Vec<(String, String)>,
}

pub struct Node {
    pub address: String,
    /// The address of the operations listener.
    operations: String,
    child: Child,
    client: Client,
    directory: TempDir,
}

/// The shortest allowed lease.
pub const LEASE: Duration = Duration::from_secs(3);

impl Node {
    /// Starts a node, and waits until it serves.
    pub async fn start(how: &Start) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("log");
        let mut words = how
            .prefix
            .iter()
            .map(OsStr::new)
            .chain([how.program.as_os_str()]);
        let first = words.next().ok_or("there is no program")?;
        let child = Command::new(first)
            .args(words)
            .arg("serve")
            .current_dir(directory.path())
            .env_clear()
            .envs([
                // All clients share one address, and send more requests at a time than in
                // production.
                ("MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE", "0"),
                ("MODELS__LIMITS__REQUESTS_IN_FLIGHT", "4096"),
                ("MODELS__BOOTSTRAP", "false"),
                ("MODELS__CONSISTENCY__LEASE", &LEASE.as_secs().to_string()),
                ("MODELS__DATABASE__URL", &how.database_url),
                ("MODELS__LOG__FORMAT", "json"),
                ("MODELS__OPERATIONS__PORT", "0"),
                ("MODELS__SERVER__PORT", "0"),
                ("MODELS__SERVER__WORKERS", "1"),
            ])
            .envs(how.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .map_err(|error| format!("{}: {error}", how.program.display()))?;
        let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
        let mut node = Self {
            address: String::new(),
            operations: String::new(),
            child,
            client,
            directory,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some((address, operations)) = node.logged_addresses() {
                (node.address, node.operations) = (address, operations);
                if node.get("sk-nobody", "/v1/models", None).await.is_ok() {
                    return Ok(node);
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let printed = std::fs::read_to_string(&log).unwrap_or_default();
        Err(format!("a node did not start; its log:\n{printed}").into())
    }

    fn logged_addresses(&self) -> Option<(String, String)> {
        let log = self.log().ok()?;
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let first = lines
            .into_iter()
            .find(|line: &serde_json::Value| line["address"].is_string())?;
        let text = |name: &str| first[name].as_str().map(str::to_owned);
        // An older version has no operations listener.
        Some((text("address")?, text("operations").unwrap_or_default()))
    }

    pub fn log(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.directory.path().join("log"))
    }

    pub async fn metrics(&self) -> reqwest::Result<String> {
        let url = format!("http://{}/metrics", self.operations);
        self.client.get(url).send().await?.text().await
    }

    /// The status and the body of the readiness check.
    pub async fn readiness(&self) -> reqwest::Result<(StatusCode, String)> {
        let url = format!("http://{}/health/ready", self.operations);
        let response = self.client.get(url).send().await?;
        Ok((response.status(), response.text().await?))
    }

    fn proc(&self, name: &str) -> std::io::Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id()))
    }

    /// The CPU time of the process.
    pub fn cpu_time(&self) -> Result<Duration, Failure> {
        let stat = self.proc("stat")?;
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let ticks = fields.skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = ticks.sum::<Result<_, _>>()?;
        // A tick is a hundredth of a second on every Linux.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The peak memory of the process in bytes.
    pub fn peak_memory(&self) -> Result<u64, Failure> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kibibytes
            .ok_or("/proc has no VmHWM")?
            .trim()
            .parse::<u64>()?
            << 10)
    }

    /// Whether the process would leave a core file.
    pub fn has_core_files(&self) -> Result<bool, Failure> {
        let limits = self.proc("limits")?;
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max core file size"));
        Ok(line
            .ok_or("/proc has no such limit")?
            .split_whitespace()
            .next()
            != Some("0"))
    }

    pub fn lives(&mut self) -> std::io::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends a GET request. If the node closes the connection just as it is used again, the request
    /// is sent again, as every client does.
    pub async fn get(
        &self,
        key: &str,
        path: &str,
        header: Option<(&str, &str)>,
    ) -> reqwest::Result<Response> {
        let mut attempts = 0;
        loop {
            let mut request = self.client.get(self.url(path)).bearer_auth(key);
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            match request.send().await {
                Err(error) if is_closed(&error) && attempts < 2 => attempts += 1,
                response => return Response::of(response?).await,
            }
        }
    }

    pub async fn delete(&self, key: &str, id: &str) -> reqwest::Result<Response> {
        let request = self.client.delete(self.url(&format!("/v1/models/{id}")));
        Response::of(request.bearer_auth(key).send().await?).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn signal(&self, signal: &str) -> Result<(), Failure> {
        run(Command::new("kill").args([signal, &self.child.id().to_string()]))
    }

    /// Waits until the process has ended.
    pub async fn wait_for_end(mut self) {
        while matches!(self.child.try_wait(), Ok(None)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the process, as a power cut would.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A stopped process receives only this signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the connection ended before the response.
fn is_closed(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_timeout() && !error.is_connect()
}

/// The response of a node.
pub struct Response {
    pub status: StatusCode,
    pub revision: Option<String>,
    pub body: String,
}

impl Response {
    async fn of(response: reqwest::Response) -> reqwest::Result<Self> {
        let revision = response.headers().get("x-models-revision");
        Ok(Self {
            status: response.status(),
            revision: revision
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: response.text().await?,
        })
    }
}
