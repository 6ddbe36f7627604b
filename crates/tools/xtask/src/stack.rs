//! Runs the compose stack for real, without an image registry.

use std::process::Command;

use clap::Args;

use crate::{build_for_production, run, target};

/// For the program that is alone in its image. Named, so that procedural macros are still built for
/// the machine that builds.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(Args)]
pub struct Options {
    /// Builds the service as the Dockerfile does, in a container, which takes some minutes longer.
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
