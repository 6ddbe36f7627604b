//! Runs the tests against the mutants.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::mutants::build::{Built, Tree, Woven};
use crate::mutants::list::Mutant;
use crate::mutants::source;

/// Tests that need more seconds of the processor, or more time, hang: that is noticed too. They need about one.
const LIMIT: &str = "ulimit -t 8 && exec \"$0\"";
const TIMEOUT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(5);

/// A rule that is broken is broken in few random cases too, and each mutant runs all tests.
const RANDOM_CASES: &str = "32";

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A test failed.
    Caught,
    /// The tests did not end, or crashed.
    Hung,
    /// All tests passed.
    Missed,
    /// It does not compile.
    Unviable,
}

/// Builds all mutants, and runs the tests of its package against each. So many are tested at a time.
pub fn run_all(tree: &Tree, mutants: &[Mutant], jobs: usize) -> Result<Vec<Outcome>, String> {
    let woven = tree.weave(mutants)?;
    for (package, program) in &woven.programs {
        if run(program, &tree.package(package), None)? != Outcome::Missed {
            return Err(format!("the tests of {package} fail without a mutant"));
        }
    }
    let mut outcomes = vec![Outcome::Unviable; mutants.len()];
    for (number, outcome) in run_woven(tree, &woven, mutants, jobs)? {
        outcomes[number] = outcome;
    }
    for number in woven.apart {
        let mutant = &mutants[number];
        if let Built::Programs(programs) = tree.build_one(mutant)? {
            let directory = tree.package(&mutant.package);
            outcomes[number] = run(&programs[&mutant.package], &directory, None)?;
            report(mutant, outcomes[number]);
        }
    }
    Ok(outcomes)
}

/// The outcomes of the mutants that are in one build, by number.
fn run_woven(
    tree: &Tree,
    woven: &Woven,
    mutants: &[Mutant],
    jobs: usize,
) -> Result<Vec<(usize, Outcome)>, String> {
    let numbers = 0..mutants.len();
    let numbers: Vec<_> = numbers
        .filter(|number| !woven.leaves_out(*number))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let package = &mutants[number].package;
            let program = &woven.programs[package];
            let outcome = run(program, &tree.package(package), Some(number))?;
            report(&mutants[number], outcome);
            outcomes.push((number, outcome));
        }
        Ok(outcomes)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let done = threads.into_iter().map(|thread| {
            let outcomes = thread.join();
            outcomes.unwrap_or_else(|_| Err("a thread panicked".to_owned()))
        });
        let done: Result<Vec<_>, String> = done.collect();
        Ok(done?.concat())
    })
}

/// Shows what may need a look.
fn report(mutant: &Mutant, outcome: Outcome) {
    match outcome {
        Outcome::Hung | Outcome::Missed => eprintln!("{outcome:?}: {}", mutant.name),
        Outcome::Caught | Outcome::Unviable => {}
    }
}

/// Runs the test program, with the mutant of this number if the program has many.
fn run(program: &Path, directory: &Path, mutant: Option<usize>) -> Result<Outcome, String> {
    let mut command = Command::new("sh");
    command.args(["-c", LIMIT]).arg(program);
    if let Some(number) = mutant {
        command.env(source::VARIABLE, number.to_string());
    }
    let child = command
        .current_dir(directory)
        .env("PROPTEST_CASES", RANDOM_CASES)
        // The same cases for each mutant, and in each run.
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
        // That a case fails is enough; the smallest one is not searched for.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| format!("{}: {error}", program.display()))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(match status.code() {
                Some(0) => Outcome::Missed,
                Some(_) => Outcome::Caught,
                None => Outcome::Hung,
            });
        }
        if started.elapsed() > TIMEOUT {
            child.kill().map_err(|error| error.to_string())?;
            child.wait().map_err(|error| error.to_string())?;
            return Ok(Outcome::Hung);
        }
        thread::sleep(POLL);
    }
}
