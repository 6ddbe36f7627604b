//! The project's checks and measurements.
#![expect(clippy::print_stderr, reason = "a command line tool")]

mod bench;
mod deny;
mod faults;
mod mutants;
mod postgres;
mod sdks;
mod stack;
mod system;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

use crate::postgres::Postgres;

#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all checks of a change: format, lints, dependencies, documentation, all tests
    Check,
    /// Check the dependencies for known vulnerabilities, and print the date of the advisory
    /// database. Needs a network
    Advisories,
    /// Run all tests on both databases. Starts a throwaway PostgreSQL unless
    /// `MODELS_TEST_POSTGRES_URL` names a server
    Test {
        /// Arguments for `cargo test`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Measure the service beside reference servers and write a table; only ratios within one run
    /// are meaningful
    Bench(bench::Options),
    /// Run the fault suite against real processes and a real PostgreSQL; each scenario has a
    /// control that must fail
    Faults(faults::Options),
    /// Mutate the domain and the application layer; their tests must notice 95 of 100 mutants
    Mutants(mutants::Options),
    /// Run the compose stack in containers, with stand-ins for the images of others. Needs root
    Stack(stack::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Check => check(),
        Task::Advisories => deny::advisories(),
        Task::Test { arguments } => test(&arguments),
        Task::Bench(options) => bench::run(&options),
        Task::Faults(options) => faults::run(&options),
        Task::Mutants(options) => mutants::run(&options),
        Task::Stack(options) => stack::run_stack(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<(), String> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    deny::check()?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    test(&[])
}

fn test(arguments: &[String]) -> Result<(), String> {
    let sdks = sdks::install()?;
    system::need("haproxy", "haproxy")?;
    system::need("javac", "default-jdk-headless")?;
    let postgres = Postgres::named_or_started()?;
    let mut tests = cargo(&["test", "--workspace", "--locked"]);
    run(tests
        .args(arguments)
        .env("PATH", system::path())
        .env(postgres::VARIABLE, postgres.url())
        .envs(sdks))
}

/// Builds this package with the profile for production.
fn build_for_production(package: &str) -> Command {
    cargo(&[
        "build",
        "--profile",
        "dist",
        "--locked",
        "--package",
        package,
    ])
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments);
    // Without these variables, which `cargo run` sets for this package, build scripts do not run
    // again.
    for (name, _) in std::env::vars()
        .filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    {
        command.env_remove(name);
    }
    command
}

/// The directory for the results of cargo and of the tasks.
fn target() -> Result<PathBuf, String> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(target).map_err(|error| error.to_string())
}

/// Runs the command, and shows it with its output.
fn run(command: &mut Command) -> Result<(), String> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .collect();
    let shown = words.join(std::ffi::OsStr::new(" ")).display().to_string();
    eprintln!("+ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed: {status}")),
        Err(error) => Err(format!("failed to start `{shown}`: {error}")),
    }
}
