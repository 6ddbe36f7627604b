//! The tables, in Markdown.

use std::fmt::Write;
use std::time::Duration;

use super::load::{self, Alone, Sample};
use super::names::{BARE, OTHER, SERVICE};
use super::servers::http::Response;

const HEAD: &str = "| server | response | requests/s | × bare | p50 ms | p99 ms | × bare | CPU µs a request | × bare | cores: server / wrk | RSS / PSS MiB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// With few responses on each connection, the unfinished ones distort the result.
const FEW: f64 = 4.0 * load::CONNECTIONS as f64;

/// A cell's servers, side by side.
pub struct Table {
    name: &'static str,
    /// The time from the start of the service's process to its first list.
    first_response: Duration,
    pub rows: Vec<Row>,
    /// The servers that could not take part, with the reasons.
    pub left_out: Vec<String>,
}

/// A server's samples, one for each round.
pub struct Row {
    server: &'static str,
    response: String,
    /// The load that the requests are compared with.
    alone: &'static str,
    /// The growth of memory for each own model after all tenants have listed, in bytes.
    pub own_model_bytes: Option<f64>,
    pub samples: Vec<Sample>,
}

impl Row {
    pub fn new(server: &'static str, response: &Response, alone: &'static str) -> Self {
        let coding = response
            .header("content-encoding")
            .map(|coding| format!(" {coding}"));
        Self {
            server,
            response: format!("{} B{}", response.body.len(), coding.unwrap_or_default()),
            alone,
            own_model_bytes: None,
            samples: vec![],
        }
    }

    fn values(&self, value: fn(&Sample) -> f64) -> Vec<f64> {
        self.samples.iter().map(value).collect()
    }

    fn line(&self, bare: Option<&Self>) -> String {
        let column = |value, digits| spread(&self.values(value), digits);
        let ratio = |value| {
            let pairs = bare.map(|bare| ratios(&self.values(value), &bare.values(value)));
            pairs.map_or_else(|| "-".to_owned(), |ratios| spread(&ratios, 3))
        };
        let middle = |value| median(&self.values(value));
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.2} / {:.2} | {:.1} / {:.1} |",
            self.server,
            self.response,
            column(|sample| sample.requests_per_second, 0),
            ratio(|sample| sample.requests_per_second),
            column(|sample| sample.p50, 2),
            column(|sample| sample.p99, 2),
            ratio(|sample| sample.p99),
            column(|sample| sample.cpu, 2),
            ratio(|sample| sample.cpu),
            middle(|sample| sample.cores),
            middle(|sample| sample.load_cores),
            middle(|sample| mebibytes(sample.memory.resident)),
            middle(|sample| mebibytes(sample.memory.proportional)),
        )
    }

    /// The comparison with the load just before.
    fn against_alone(&self) -> Option<String> {
        let alone: Vec<_> = self
            .samples
            .iter()
            .filter_map(|sample| sample.alone)
            .collect();
        if alone.is_empty() {
            return None;
        }
        let values = |value: fn(&Alone) -> f64| alone.iter().map(value).collect::<Vec<_>>();
        let requests = self.values(|sample| sample.requests_per_second);
        let p99 = self.values(|sample| sample.p99);
        let cpu = self.values(|sample| sample.cpu);
        Some(format!(
            "{}: {} times the CPU, {} times the requests/s and {} times the p99 of {}, just before",
            self.server,
            spread(&ratios(&cpu, &values(|alone| alone.cpu)), 3),
            spread(
                &ratios(&requests, &values(|alone| alone.requests_per_second)),
                3
            ),
            spread(&ratios(&p99, &values(|alone| alone.p99)), 2),
            self.alone,
        ))
    }

    /// The comparison with the other build, round by round.
    fn against(&self, other: &Self) -> String {
        let ratio = |value| ratios(&self.values(value), &other.values(value));
        format!(
            "{}: {} times the CPU, {} times the requests/s and {} times the p99 of the other build",
            self.server,
            spread(&ratio(|sample| sample.cpu), 3),
            spread(&ratio(|sample| sample.requests_per_second), 3),
            spread(&ratio(|sample| sample.p99), 2),
        )
    }

    /// Remarks that the row's numbers do not show.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![];
        let failed: f64 = self.values(|sample| sample.failed).iter().sum();
        if failed > 0.0 {
            remarks.push(format!("{}: **{failed} requests failed**", self.server));
        }
        let responses = median(&self.values(|sample| sample.requests));
        if responses < FEW {
            remarks.push(format!(
                "{}: only {responses} responses a round; the work for unfinished ones is counted with them; \
                 increase --seconds", 
                self.server
            ));
        }
        let rate = median(&self.values(|sample| sample.beside_per_second));
        if rate > 0.0 {
            remarks.push(format!("{}: {rate:.1} others/s beside it", self.server));
        }
        if let Some(bytes) = self.own_model_bytes {
            let server = self.server;
            remarks.push(format!(
                "{server}: RSS grew by {bytes:.0} B for each own model"
            ));
        }
        remarks.extend(self.against_alone());
        remarks
    }
}

impl Table {
    pub fn new(name: &'static str, first_response: Duration) -> Self {
        Self {
            name,
            first_response,
            rows: vec![],
            left_out: vec![],
        }
    }

    pub fn markdown(&self) -> String {
        let row = |name| self.rows.iter().find(move |row| row.server == name);
        let bare = row(BARE);
        let mut text = format!("## {}\n\n{HEAD}", self.name);
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.line(bare));
        }
        let left_out = self.left_out.iter().map(|why| format!("left out: {why}"));
        let remarks = self.rows.iter().flat_map(Row::remarks);
        let first = format!(
            "{SERVICE}: {} ms from its start to the first list",
            self.first_response.as_millis()
        );
        let builds = row(SERVICE).zip(row(OTHER));
        let against = builds.map(|(service, other)| service.against(other));
        let notes: Vec<String> = [first]
            .into_iter()
            .chain(against)
            .chain(remarks)
            .chain(left_out)
            .collect();
        let _ = writeln!(text, "\n{}.", notes.join("; "));
        text + "\n"
    }
}

/// The median, with minimum and maximum if there are several values.
pub fn spread(values: &[f64], digits: usize) -> String {
    let middle = median(values);
    if values.len() < 2 {
        return format!("{middle:.digits$}");
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{middle:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// The ratios of the values, round by round.
pub fn ratios(values: &[f64], others: &[f64]) -> Vec<f64> {
    let pairs = values.iter().zip(others);
    pairs.map(|(value, other)| value / other).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_the_pairs() {
        let pairs = ratios(&[1.0, 30.0, 4.0], &[2.0, 10.0, 4.0]);
        assert_eq!(spread(&pairs, 1), "1.0 (0.5 to 3.0)");
        assert_eq!(spread(&[2.0, 1.0], 1), "1.5 (1.0 to 2.0)");
        assert_eq!(spread(&[7.0], 0), "7");
    }
}
