//! The arguments that hold a policy.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use models_core::{Policy, PolicyEntry, PolicyMode};
use serde::Deserialize;

use crate::cli::terminal::{Failure, open_input, shown};

/// The longest file with a policy, in bytes. 10,000 entries of 256 bytes fit, also in JSON.
const LONGEST: u64 = 1 << 24;

#[derive(Args)]
pub(in crate::cli) struct PolicySource {
    /// Whether the policy lists the allowed models or the denied ones: `allow_list` or `deny_list`. A file in JSON may
    /// name the mode instead.
    #[arg(long)]
    mode: Option<PolicyMode>,
    /// Read the policy from this file (`-` for standard input): one id or pattern per line, or the output of
    /// `permissions show --json`. An empty list needs a file.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "ids",
        required_unless_present = "ids"
    )]
    file: Option<PathBuf>,
    /// The ids and patterns of the policy.
    #[arg(value_name = "MODEL_ID")]
    ids: Vec<PolicyEntry>,
}

/// A policy in JSON, in the form of OpenAI's model permissions.
#[derive(Deserialize)]
struct PolicyObject {
    mode: Option<String>,
    model_ids: Vec<String>,
}

impl PolicySource {
    /// Reads the policy.
    pub(super) fn read(&self) -> Result<Policy, Failure> {
        let Some(path) = &self.file else {
            return policy(self.mode, self.ids.clone());
        };
        let name = shown(path);
        let text = read(path).map_err(|error| format!("{name}: {error}"))?;
        self.parse(&text)
            .map_err(|error| format!("{name}: {error}").into())
    }

    fn parse(&self, text: &str) -> Result<Policy, Failure> {
        if text.trim_start().starts_with('{') {
            let PolicyObject { mode, model_ids } = serde_json::from_str(text)?;
            let of_file = mode.map(|mode| mode.parse::<PolicyMode>()).transpose()?;
            if self.mode.is_some() && of_file.is_some() && self.mode != of_file {
                return Err("`mode` is not the mode that --mode names".into());
            }
            let entries: Result<_, _> = model_ids.into_iter().map(PolicyEntry::try_from).collect();
            return policy(self.mode.or(of_file), entries?);
        }
        let mut entries = vec![];
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if !line.is_empty() {
                let entry = line.parse::<PolicyEntry>();
                entries.push(entry.map_err(|error| format!("line {number}: {error}"))?);
            }
        }
        policy(self.mode, entries)
    }
}

fn policy(mode: Option<PolicyMode>, entries: Vec<PolicyEntry>) -> Result<Policy, Failure> {
    let mode = mode.ok_or("name the mode: --mode allow_list or --mode deny_list")?;
    Ok(Policy::new(mode, entries)?)
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    open_input(path)?
        .take(LONGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err("a file with a policy must not be longer than 16 MiB".into());
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
