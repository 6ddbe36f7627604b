//! Imports on the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Failure;

/// Runs imports on the command line.
pub struct Importer {
    program: PathBuf,
    pub url: String,
    pub models: usize,
    directory: TempDir,
}

impl Importer {
    pub fn new(program: &Path, url: &str, models: usize) -> Result<Self, Failure> {
        Ok(Self {
            program: program.to_owned(),
            url: url.to_owned(),
            models,
            directory: tempfile::tempdir()?,
        })
    }

    /// Writes a file with the models in scrambled order.
    pub fn list(&self, created: u32) -> Result<PathBuf, Failure> {
        let model = |number: usize| {
            let scrambled = number.wrapping_mul(2_654_435_761) % 1_000_000_007;
            json!({
                "id": format!("provider-{}/model-{scrambled}-{number}", scrambled % 400),
                "object": "model",
                "created": created,
                "owned_by": format!("provider {}", scrambled % 400),
            })
        };
        let models: Vec<Value> = (0..self.models).map(model).collect();
        let path = self.directory.path().join(format!("{created}.json"));
        fs::write(
            &path,
            serde_json::to_vec(&json!({"object": "list", "data": models}))?,
        )?;
        Ok(path)
    }

    pub fn start(&self, list: &Path, more: &[&str]) -> Result<Child, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(["model", "import", "--json"])
            .arg(list)
            .args(more)
            .current_dir(self.directory.path())
            .env_clear()
            .env("MODELS__DATABASE__URL", &self.url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command.spawn()?)
    }
}

/// Waits for the command and returns its output.
pub async fn finish(child: Child) -> Result<Value, Failure> {
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
