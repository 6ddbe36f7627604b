//! The command line of a version of the service.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Failure;

/// Settings of all nodes here that an older version may not know, and would refuse.
const NEW_SETTINGS: [&str; 3] = [
    "MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE",
    "MODELS__LIMITS__REQUESTS_IN_FLIGHT",
    "MODELS__OPERATIONS__PORT",
];

/// The command line of a version.
pub struct CommandLine {
    pub program: PathBuf,
    /// A directory without the settings of another version.
    pub directory: PathBuf,
    pub url: String,
}

impl CommandLine {
    /// Migrates the database to this version, and returns the number of the newest migration.
    pub fn migrate(&self) -> Result<i64, Failure> {
        let printed = self.run(&["migrate", "--json"], "")?;
        let printed: serde_json::Value = serde_json::from_str(&printed)?;
        Ok(printed["schema_version"].as_i64().ok_or("no version")?)
    }

    /// The words of a command that unsets the settings that this version does not know.
    pub fn without_unknown_settings(&self) -> Vec<String> {
        let known = self.run(&["config", "check"], "").unwrap_or_default();
        let key = |name: &str| {
            name.trim_start_matches("MODELS__")
                .to_lowercase()
                .replace("__", ".")
        };
        let unknown = NEW_SETTINGS
            .into_iter()
            .filter(|name| !known.contains(&key(name)));
        let unset = unknown.flat_map(|name| ["-u".to_owned(), name.to_owned()]);
        ["env".to_owned()].into_iter().chain(unset).collect()
    }

    /// Creates a key and returns its secret.
    pub fn key(&self, role: &str) -> Result<String, Failure> {
        let create = ["key", "create", "--organization", "acme", "--name", "a key"];
        let printed = self.run(&[&create[..], &["--role", role]].concat(), "")?;
        let secret = printed
            .split_whitespace()
            .find(|word| word.starts_with("sk-"));
        Ok(secret.ok_or("the command printed no key")?.to_owned())
    }

    pub fn run(&self, arguments: &[&str], input: &str) -> Result<String, Failure> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.directory)
            .env_clear()
            .env("MODELS__DATABASE__URL", &self.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read its input ends before all of it is written.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let printed = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {arguments:?}: {printed}", self.program.display()).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
