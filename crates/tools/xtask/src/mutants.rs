//! Breaks the domain and the application layer in every small way, and counts how much of that their own tests notice.

use std::fs;
use std::path::Path;

use clap::Args;
use serde_json::Value;

use crate::{cargo, target};

/// The crates whose own tests, without a database, are held to this.
const PACKAGES: [&str; 2] = ["models-core", "models-node"];

/// How many of a hundred mutants must be noticed, of those that compile.
const LEAST_PERCENT: u64 = 95;

/// A rule that is broken is broken in few random cases too, and each mutant runs all tests.
const RANDOM_CASES: &str = "32";

/// Tests that take longer, in seconds, hang: that is noticed too.
const TIMEOUT: &str = "60";

#[derive(Args)]
pub struct Options {
    /// How many mutants are built and tested at a time.
    #[arg(long, default_value_t = 1)]
    jobs: u8,
    /// Only the mutants of the files that match, such as `**/visibility/*.rs`.
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
}

/// What became of the mutants.
struct Outcomes {
    /// A test failed.
    caught: u64,
    /// The tests did not end.
    hung: u64,
    /// All tests passed.
    missed: u64,
}

pub fn run(options: &Options) -> Result<(), String> {
    let installed = cargo(&["mutants", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        return Err(
            "cargo-mutants is not installed: `cargo install cargo-mutants --locked`".to_owned(),
        );
    }
    let report = target()?.join("mutants");
    if report.exists() {
        fs::remove_dir_all(&report).map_err(|error| error.to_string())?;
    }
    fs::create_dir_all(&report).map_err(|error| error.to_string())?;
    let mut mutants = cargo(&["mutants", "--no-shuffle", "--timeout", TIMEOUT]);
    mutants.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    mutants.args(options.file.iter().flat_map(|glob| ["--file", glob]));
    mutants
        .args(["--jobs", &options.jobs.to_string(), "--output"])
        .arg(&report)
        .args(["--", "--lib", "--locked"])
        .env("PROPTEST_CASES", RANDOM_CASES)
        // That a case fails is enough; the smallest one is not searched for.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0");
    match mutants.status().map(|status| status.code()) {
        // All caught, some missed, some hung. Whether that is good enough, the numbers say.
        Ok(Some(0 | 2 | 3)) => {}
        Ok(code) => return Err(format!("cargo-mutants did not run to its end: {code:?}")),
        Err(error) => return Err(format!("cargo-mutants could not be started: {error}")),
    }
    Outcomes::read(&report.join("mutants.out/outcomes.json"))?.judge()
}

impl Outcomes {
    fn read(path: &Path) -> Result<Self, String> {
        let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| fail(&error))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| fail(&error))?;
        let number = |name: &str| {
            let number = json[name].as_u64();
            number.ok_or_else(|| fail(&format!("there is no number `{name}`")))
        };
        Ok(Self {
            caught: number("caught")?,
            hung: number("timeout")?,
            missed: number("missed")?,
        })
    }

    fn judge(&self) -> Result<(), String> {
        let noticed = self.caught + self.hung;
        let viable = noticed + self.missed;
        let summary = format!("the tests notice {noticed} of {viable} mutants");
        if viable == 0 || noticed * 100 < viable * LEAST_PERCENT {
            return Err(format!("{summary}, not {LEAST_PERCENT} %"));
        }
        eprintln!("{summary}");
        Ok(())
    }
}
