//! Runs the compose stack without an image registry.

use std::process::Command;

use clap::Args;

use crate::{build_for_production, run, target};

/// The target of the static program in the image. It is named, so that cargo builds procedural
/// macros for the building machine.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(Args)]
pub struct Options {
    /// Build the service with the Dockerfile in a container, which takes some minutes longer
    #[arg(long)]
    build: bool,
}

pub fn run_stack(options: &Options) -> Result<(), String> {
    let target = target()?;
    let mut stack = Command::new("crates/tools/xtask/stack/run");
    stack.arg(target.join("stack"));
    if !options.build {
        run(build_for_production("models-api")
            .args(["--target", TARGET])
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .env("CARGO_PROFILE_DIST_STRIP", "symbols"))?;
        stack.arg(target.join(TARGET).join("dist/models-api"));
    }
    run(&mut stack)
}
