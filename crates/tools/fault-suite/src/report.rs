//! The report: measured figures beside their targets.

use std::fmt::Write;
use std::time::Duration;

/// The report of all scenarios.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    /// Whether durations are shown without judging them, because the machine is busy.
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
    /// Adds a figure that must meet its target.
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

    /// Adds a count that must be zero, of at least `at_least` cases.
    pub fn none(&mut self, scenario: &str, what: &str, count: usize, of: usize, at_least: usize) {
        let target = format!("0 of at least {at_least}");
        let is_met = count == 0 && of >= at_least;
        self.row(scenario, what, format!("{count} of {of}"), &target, is_met);
    }

    /// Adds the count of a control, which must not be zero: the control runs without the
    /// protection.
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

    /// Adds a percentile of durations, which must not exceed the limit.
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

    /// Adds a figure that depends on the load of the machine.
    pub fn timed(&mut self, scenario: &str, what: &str, found: String, target: &str, is_met: bool) {
        if self.is_patient && !is_met {
            let found = format!("{found} (not met; the short form does not judge it)");
            self.row(scenario, what, found, target, true);
        } else {
            self.row(scenario, what, found, target, is_met);
        }
    }

    /// Whether all targets are met.
    pub fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.is_met)
    }

    /// Renders the report as a table.
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
