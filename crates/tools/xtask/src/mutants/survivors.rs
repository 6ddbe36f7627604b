//! The mutants that no test notices, with the reason for each.

use std::collections::BTreeSet;

use crate::mutants::list::Mutant;

/// A line that begins with `#` is the reason for the names below it, up to the next reason.
const LIST: &str = include_str!("survivors.txt");

/// Returns an error unless the list names exactly the mutants that no test noticed.
///
/// `tested` are all mutants of the run. If they are only those of some files, a listed name that they lack is no
/// error.
pub fn compare(tested: &[Mutant], missed: &[&Mutant], of_all_files: bool) -> Result<(), String> {
    let names = |mutants: &mut dyn Iterator<Item = &Mutant>| -> BTreeSet<String> {
        mutants.map(Mutant::stable_name).collect()
    };
    let listed: BTreeSet<&str> = LIST
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let tested = names(&mut tested.iter());
    let missed = names(&mut missed.iter().copied());
    let mut errors = Vec::new();
    for name in missed.iter().filter(|name| !listed.contains(name.as_str())) {
        errors.push(format!("no test notices, and no reason is listed: {name}"));
    }
    for name in listed.iter().filter(|name| !missed.contains(**name)) {
        if tested.contains(*name) {
            errors.push(format!("listed, but a test notices it: {name}"));
        } else if of_all_files {
            errors.push(format!("listed, but no such mutant exists: {name}"));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.join("\n"))
}
