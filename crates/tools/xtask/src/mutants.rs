//! Breaks the domain and the application layer in every small way, and counts how much of that their own tests notice.

mod build;
mod list;
mod source;
mod survivors;
mod syntax;
mod trial;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use clap::Args;

use crate::mutants::build::Tree;
use crate::mutants::list::Mutant;
use crate::mutants::trial::Outcome;
use crate::target;

/// The crates whose own tests, without a database, are held to this.
const PACKAGES: [&str; 2] = ["models-core", "models-node"];

/// How many of a hundred mutants must be noticed, of those that compile.
const LEAST_PERCENT: usize = 95;

#[derive(Args)]
pub struct Options {
    /// How many mutants are tested at a time. A test program has threads of its own.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only the mutants of the files that match, such as `**/visibility/*.rs`.
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
}

pub fn run(options: &Options) -> Result<(), String> {
    let started = Instant::now();
    let mutants = list::list(&options.file)?;
    let directory = target()?.join("mutants");
    let tree = Tree::copy(directory.join("tree"))?;
    let outcomes = trial::run_all(&tree, &mutants, options.jobs)?;
    write(&directory, &mutants, &outcomes).map_err(|error| error.to_string())?;
    eprintln!("tested in {} s", started.elapsed().as_secs());
    let outcomes: Vec<_> = mutants.iter().zip(outcomes).collect();
    let judged: Result<Vec<()>, String> = PACKAGES
        .into_iter()
        .map(|package| judge(package, &outcomes))
        .collect();
    let missed = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Missed);
    let missed: Vec<_> = missed.map(|(mutant, _)| *mutant).collect();
    survivors::compare(&mutants, &missed, options.file.is_empty())?;
    judged.map(drop)
}

/// Writes what became of each mutant.
fn write(directory: &Path, mutants: &[Mutant], outcomes: &[Outcome]) -> std::io::Result<()> {
    let mut text = String::new();
    for (mutant, outcome) in mutants.iter().zip(outcomes) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{outcome:?} {}", mutant.name);
    }
    fs::write(directory.join("outcomes.txt"), text)
}

fn judge(package: &str, outcomes: &[(&Mutant, Outcome)]) -> Result<(), String> {
    let count = |of: Outcome| {
        let of_package =
            |(mutant, outcome): &&(&Mutant, Outcome)| mutant.package == package && *outcome == of;
        outcomes.iter().filter(of_package).count()
    };
    let (caught, hung, missed) = (
        count(Outcome::Caught),
        count(Outcome::Hung),
        count(Outcome::Missed),
    );
    let viable = caught + hung + missed;
    eprintln!(
        "{package}: {viable} mutants compile, {} do not; {caught} are caught, {hung} hang, {missed} are missed",
        count(Outcome::Unviable)
    );
    if (caught + hung) * 100 < viable * LEAST_PERCENT {
        return Err(format!(
            "the tests of {package} notice less than {LEAST_PERCENT} %"
        ));
    }
    Ok(())
}
