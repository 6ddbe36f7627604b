//! Builds the service and the suite of faults, gets what that needs, and runs it.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::{cargo, postgres, system, target};

/// A clock that is an hour behind, for one process.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

#[derive(Args)]
pub struct Options {
    /// A tenth of everything.
    #[arg(long)]
    short: bool,
    /// Only the scenarios with this text in their names.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// None of the scenarios with this text in their names. `network`, `power` and `exhaustion` need root.
    #[arg(long, value_name = "TEXT")]
    leave_out: Vec<String>,
}

pub fn run(options: &Options) -> Result<(), String> {
    for package in ["models-api", "fault-suite"] {
        crate::run(&mut cargo(&[
            "build",
            "--release",
            "--locked",
            "--package",
            package,
        ]))?;
    }
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
        if !system::has(program) {
            system::install(&[package])?;
        }
    }
    let target = target()?;
    let report = target.join("faults");
    std::fs::create_dir_all(&report).map_err(|error| error.to_string())?;
    let mut suite = Command::new(target.join("release/fault-suite"));
    suite
        .arg("--program")
        .arg(target.join("release/models-api"));
    suite.args(["--gateway-config", "config/haproxy.cfg"]);
    suite.arg("--report").arg(report.join("report.md"));
    suite.args(["--only", &options.only]);
    for text in &options.leave_out {
        suite.args(["--leave-out", text]);
    }
    if options.short {
        suite.arg("--short");
    }
    crate::run(&mut suite)
}
