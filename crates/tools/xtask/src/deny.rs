//! The checks of dependencies that `deny.toml` configures.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo, run, target};

const VERSION: &str = "0.20.2";

/// Checks licenses, sources, and crates in two versions. Needs no database.
pub fn check() -> Result<(), String> {
    run(&mut deny(&["check", "bans", "licenses", "sources"])?)
}

/// Checks the crates for known vulnerabilities in the newest advisory database. Needs a network.
pub fn advisories() -> Result<(), String> {
    run(&mut deny(&["fetch", "db"])?)?;
    for database in databases()? {
        let mut log = Command::new("git");
        log.arg("-C")
            .arg(&database)
            .args(["log", "-1", "--format=the advisories are from %cI"]);
        run(&mut log)?;
    }
    run(&mut deny(&["check", "advisories"])?)
}

/// The command cargo-deny with these arguments. Installs cargo-deny in this version below `target`
/// if it is missing.
fn deny(arguments: &[&str]) -> Result<Command, String> {
    let root = target()?.join("cargo-deny");
    let program = root.join("bin/cargo-deny");
    if !is_installed(&program) {
        let install = ["install", "cargo-deny", "--version", VERSION, "--locked"];
        // A debug build takes half the time, and cargo-deny runs for two seconds only.
        run(cargo(&install).args(["--debug", "--root"]).arg(&root))?;
    }
    let mut command = Command::new(program);
    command.args(["--locked"]).args(arguments);
    Ok(command)
}

fn is_installed(program: &Path) -> bool {
    let version = Command::new(program).arg("--version").output();
    version.is_ok_and(|output| output.stdout.trim_ascii_end().ends_with(VERSION.as_bytes()))
}

/// The directories of cargo-deny's databases, each a repository.
fn databases() -> Result<Vec<PathBuf>, String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let directory = home
        .ok_or("there is no home directory")?
        .join("advisory-dbs");
    let fail = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut databases = vec![];
    for entry in std::fs::read_dir(&directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.join(".git").exists() {
            databases.push(path);
        }
    }
    Ok(databases)
}
