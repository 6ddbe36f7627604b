//! What was found, beside what was to be found.

use std::fmt::Write;
use std::time::Duration;

/// The rows of the table.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    /// Durations are shown and miss nothing: the machine is a busy one.
    pub is_patient: bool,
}

struct Row {
    scenario: String,
    what: String,
    found: String,
    target: String,
    is_met: bool,
}

impl Report {
    /// A figure that must be as the target says.
    pub fn row(&mut self, scenario: &str, what: &str, found: String, target: &str, is_met: bool) {
        let verdict = if is_met { "" } else { "  <-- MISSED" };
        eprintln!("{scenario}: {what}: {found} (target: {target}){verdict}");
        self.rows.push(Row {
            scenario: scenario.to_owned(),
            what: what.to_owned(),
            found,
            target: target.to_owned(),
            is_met,
        });
    }

    /// So many of so many, where there must be none.
    pub fn none(&mut self, scenario: &str, what: &str, count: usize, of: usize, at_least: usize) {
        let target = format!("0 of at least {at_least}");
        let is_met = count == 0 && of >= at_least;
        self.row(scenario, what, format!("{count} of {of}"), &target, is_met);
    }

    /// A control: without what protects, there must be some.
    pub fn some(&mut self, scenario: &str, what: &str, count: usize, of: usize) {
        let found = format!("{count} of {of}");
        self.row(
            scenario,
            what,
            found,
            "more than 0: the control must fail",
            count > 0,
        );
    }

    /// The most that a duration may be, at this percentile.
    pub fn within(
        &mut self,
        scenario: &str,
        what: &str,
        durations: &mut [Duration],
        percentile: usize,
        limit: Duration,
    ) {
        durations.sort_unstable();
        let place = (durations.len() * percentile)
            .div_ceil(100)
            .saturating_sub(1);
        let found = durations.get(place).copied().unwrap_or(Duration::MAX);
        let what = format!("{what}, p{percentile} of {}", durations.len());
        let shown = format!("{:.1} ms", found.as_secs_f64() * 1e3);
        let target = format!("at most {} ms", limit.as_millis());
        self.timed(scenario, &what, shown, &target, found <= limit);
    }

    /// A figure that depends on how busy the machine is.
    pub fn timed(&mut self, scenario: &str, what: &str, found: String, target: &str, is_met: bool) {
        if self.is_patient && !is_met {
            let found = format!("{found} (not met; the short form shows it only)");
            self.row(scenario, what, found, target, true);
        } else {
            self.row(scenario, what, found, target, is_met);
        }
    }

    /// Whether everything is as it must be.
    pub fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.is_met)
    }

    /// The table.
    pub fn markdown(&self) -> String {
        let mut text = "| scenario | | found | target | |\n|---|---|---:|---:|---|\n".to_owned();
        for row in &self.rows {
            let verdict = if row.is_met { "met" } else { "**missed**" };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {verdict} |",
                row.scenario, row.what, row.found, row.target
            );
        }
        text
    }
}
