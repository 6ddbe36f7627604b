//! Debian's package manager, and the programs of the system.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run;

/// Installs Debian packages.
pub fn install(packages: &[&str]) -> Result<(), String> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err("this system has no apt-get".to_owned());
    }
    apt_get(&["update"])?;
    apt_get(&[&["install", "--no-install-recommends"], packages].concat())
}

/// The PATH with the system's program directories, which some users' PATH lacks.
pub fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/sbin:/usr/sbin:/sbin");
    path
}

/// Whether this program can be run.
pub fn has(program: &str) -> bool {
    Command::new(program)
        .env("PATH", path())
        .arg("--help")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// Installs the program's package unless the program can be run.
pub fn need(program: &str, package: &str) -> Result<(), String> {
    if has(program) {
        return Ok(());
    }
    install(&[package]).map_err(|error| {
        format!("{program} is not installed (Debian and Ubuntu: `sudo apt-get install {package}`): {error}")
    })
}

pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let (program, first): (_, &[&str]) = if is_root() {
        ("env", &[])
    } else {
        ("sudo", &["-n"])
    };
    let mut command = Command::new(program);
    command
        .args(first)
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q"]);
    run(command.args(arguments))
}
