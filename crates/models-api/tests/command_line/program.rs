//! Runs the program in its own directory or on its own database.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};
use test_database::TestDatabase;

/// The directory and the variables of a program.
pub struct Program {
    pub directory: TempDir,
    variables: Vec<(String, String)>,
    pub database: Option<TestDatabase>,
}

/// The output of a run, and whether it succeeded.
#[derive(Debug)]
pub struct Run {
    pub succeeded: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// A program with the default database, a SQLite file in its directory.
    pub fn on_sqlite() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: vec![],
            database: None,
        }
        .with("MODELS__SERVER__PORT", "0")
        .with("MODELS__OPERATIONS__PORT", "0")
    }

    pub async fn on_postgres() -> Self {
        let database = TestDatabase::postgres().await;
        let program = Self::on_sqlite().with("MODELS__DATABASE__URL", database.url());
        Self {
            database: Some(database),
            ..program
        }
    }

    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_models-api"));
        command
            .args(arguments)
            .current_dir(&self.directory)
            .envs(self.variables.iter().cloned());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// Runs the program with the arguments in this line.
    pub fn run_line(&self, line: &str) -> Run {
        self.run(&line.split(' ').collect::<Vec<_>>())
    }

    /// Runs the program with the arguments in this line and `--json`, and parses its output.
    pub fn json_line(&self, line: &str) -> Value {
        self.json(&line.split(' ').collect::<Vec<_>>())
    }

    /// Runs the program with this standard input.
    pub fn run_with(&self, arguments: &[&str], input: &(impl AsRef<[u8]> + ?Sized)) -> Run {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_ref())
            .unwrap();
        Run::from(child.wait_with_output().unwrap())
    }

    /// Runs the program with `--json`, and parses its output.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// Starts the service, and waits for its address.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// Starts the service through another program, such as `nohup`.
    pub fn serve_with(&self, prefix: &[&str]) -> Serving {
        let log = NamedTempFile::new().unwrap();
        let mut command = self.command(&["serve"]);
        if let [first, rest @ ..] = prefix {
            let mut prefixed = Command::new(first);
            prefixed
                .args(rest)
                .arg(command.get_program())
                .arg("serve")
                .current_dir(&self.directory)
                .envs(self.variables.iter().cloned());
            command = prefixed;
        }
        let child = command
            .env("MODELS__LOG__FORMAT", "json")
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut serving = Serving {
            address: String::new(),
            operations: String::new(),
            log,
            child,
        };
        let first = loop {
            let mut log = serving.log().into_iter();
            if let Some(line) = log.find(|line| line["address"].is_string()) {
                break line;
            }
            assert_eq!(
                serving.child.try_wait().unwrap(),
                None,
                "{:?}",
                serving.log()
            );
            sleep(Duration::from_millis(10));
        };
        let address = |name: &str| first[name].as_str().unwrap().to_owned();
        (serving.address, serving.operations) = (address("address"), address("operations"));
        serving
    }
}

impl Run {
    pub fn json(&self) -> Value {
        assert!(self.succeeded, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The text on standard error, without the line that names the changed database.
    pub fn messages(&self) -> String {
        let lines = self.stderr.split_inclusive('\n');
        lines
            .filter(|line| !line.starts_with("changed: "))
            .collect()
    }

    /// The error message. Panics if the run succeeded.
    pub fn failure(&self) -> &str {
        assert!(!self.succeeded && self.stdout.is_empty(), "{self:?}");
        self.stderr
            .strip_prefix("error: ")
            .unwrap_or_else(|| panic!("{self:?}"))
            .trim_end()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            succeeded: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A running service. It is killed when it is dropped, unless it was stopped.
pub struct Serving {
    pub address: String,
    /// The address of the operations listener.
    pub operations: String,
    log: NamedTempFile,
    child: Child,
}

impl Serving {
    /// The complete lines of the log.
    pub fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log.path()).unwrap();
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// The peak memory of the process, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
        kibibytes.parse::<u64>().unwrap() << 10
    }

    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends the signal and waits for the end. Returns whether the exit status was 0, and the standard output.
    pub fn stop(mut self, signal: &str) -> (bool, String) {
        Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        let mut stdout = String::new();
        std::io::Read::read_to_string(&mut self.child.stdout.take().unwrap(), &mut stdout).unwrap();
        (self.child.wait().unwrap().success(), stdout)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a shell line and returns its output.
pub fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
