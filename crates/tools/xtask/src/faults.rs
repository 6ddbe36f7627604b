//! Builds the service and the fault suite, installs the programs it needs, and runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::{build_for_production, cargo, postgres, system, target};

/// The library that sets one process's clock an hour back.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[derive(Args)]
pub struct Options {
    /// Run a tenth of the suite
    #[arg(long)]
    short: bool,
    /// Only the scenarios with this text in their names
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// None of the scenarios with this text in their names. `network`, `power` and `exhaustion`
    /// need root
    #[arg(long, value_name = "TEXT")]
    leave_out: Vec<String>,
    /// Also build the service of this commit; `upgrade` then runs nodes of both versions on one
    /// database
    #[arg(long, value_name = "COMMIT")]
    older: Option<String>,
}

pub fn run(options: &Options) -> Result<(), String> {
    crate::run(&mut build_for_production("models-api"))?;
    crate::run(&mut cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "fault-suite",
    ]))?;
    postgres::get()?;
    if !Path::new(FAKETIME).exists() {
        system::install(&["libfaketime"])?;
    }
    for (program, package) in [
        ("haproxy", "haproxy"),
        ("nginx", "nginx-light"),
        ("mkfs.xfs", "xfsprogs"),
        ("ip", "iproute2"),
        ("pgbouncer", "pgbouncer"),
    ] {
        system::need(program, package)?;
    }
    let target = target()?;
    let report = target.join("faults");
    std::fs::create_dir_all(&report).map_err(|error| error.to_string())?;
    let mut suite = Command::new(target.join("release/fault-suite"));
    suite
        .env("PATH", system::path())
        .arg("--program")
        .arg(target.join("dist/models-api"));
    suite.args(["--gateway-config", "config/haproxy.cfg"]);
    suite.arg("--report").arg(report.join("report.md"));
    suite.args(["--only", &options.only]);
    for text in &options.leave_out {
        suite.args(["--leave-out", text]);
    }
    if options.short {
        suite.arg("--short");
    }
    if let Some(commit) = &options.older {
        suite.arg("--older").arg(build_older(&target, commit)?);
    }
    crate::run(&mut suite)
}

/// Builds the service of another commit, and returns the path of the program.
fn build_older(target: &Path, commit: &str) -> Result<PathBuf, String> {
    let older = target.join("older");
    let sources = older.join("sources");
    if sources.exists() {
        crate::run(
            Command::new("git")
                .args(["worktree", "remove", "--force"])
                .arg(&sources),
        )?;
    }
    let mut checkout = Command::new("git");
    checkout.args(["worktree", "add", "--force", "--detach"]);
    crate::run(checkout.arg(&sources).arg(commit))?;
    let mut build = cargo(&["build", "--release", "--locked", "--package", "models-api"]);
    crate::run(build.arg("--target-dir").arg(&older).current_dir(&sources))?;
    crate::run(
        Command::new("git")
            .args(["worktree", "remove", "--force"])
            .arg(&sources),
    )?;
    Ok(older.join("release/models-api"))
}
