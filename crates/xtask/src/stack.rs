//! Runs the compose stack for real, without an image registry.

use std::process::Command;

use crate::{cargo, run, target};

/// For the program that is alone in its image. Named, so that procedural macros are still built for
/// the machine that builds.
const TARGET: &str = "x86_64-unknown-linux-gnu";

pub fn run_stack() -> Result<(), String> {
    let mut build = cargo(&["build", "--release", "--locked", "--package", "models-api"]);
    run(build
        .args(["--target", TARGET])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols"))?;
    let target = target()?;
    let program = target.join(TARGET).join("release/models-api");
    run(Command::new("crates/xtask/stack/run")
        .arg(program)
        .arg(target.join("stack")))
}
