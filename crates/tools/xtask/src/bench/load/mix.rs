//! Requests of many tenants: few tenants send many, most send few.

use std::fmt::Write;
use std::path::Path;

use crate::bench::cells::model_path;

const REQUESTS: usize = 65_536;

/// Writes the requests that `mix.lua` sends, with paths below the prefix. They are the same in each
/// run.
pub fn write(file: &Path, prefix: &str, keys: &[String]) -> Result<(), String> {
    let sums = zipf(keys.len());
    let mut random = Random(1);
    let mut lines = String::new();
    let path = model_path();
    for _ in 0..REQUESTS {
        let key = &keys[pick(&sums, random.fraction())];
        let _ = writeln!(lines, "{prefix}{path} {key}");
    }
    std::fs::write(file, lines).map_err(|error| format!("{}: {error}", file.display()))
}

/// The partial sums of 1, 1/2, 1/3, …
fn zipf(count: usize) -> Vec<f64> {
    let mut rank = 0.0;
    let mut sum = 0.0;
    std::iter::repeat_with(|| {
        rank += 1.0;
        sum += 1.0 / rank;
        sum
    })
    .take(count)
    .collect()
}

fn pick(sums: &[f64], fraction: f64) -> usize {
    let wanted = fraction * sums.last().copied().unwrap_or(0.0);
    let found = sums.partition_point(|sum| *sum <= wanted);
    found.min(sums.len() - 1)
}

/// The generator `SplitMix64`.
struct Random(u64);

impl Random {
    /// A number from 0 to below 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tenant_sends_twice_as_many_requests_as_the_second() {
        let sums = zipf(10_000);
        let mut random = Random(1);
        let mut counts = vec![0.0; 10_000];
        for _ in 0..REQUESTS {
            counts[pick(&sums, random.fraction())] += 1.0;
        }
        let ratio: f64 = counts[0] / counts[1];
        assert!((1.8..2.2).contains(&ratio), "{ratio}");
        assert_eq!(pick(&sums, 0.0), 0);
        assert_eq!(pick(&sums, 1.0), 9_999);
    }
}
