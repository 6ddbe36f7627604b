//! The options of a run.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub struct Options {
    /// Rounds; in each, every server of every cell is measured once
    #[arg(long, default_value_t = 5, value_parser = positive)]
    pub rounds: usize,
    /// Seconds of one measurement
    #[arg(long, default_value_t = 1, value_parser = positive)]
    pub seconds: usize,
    /// Only the cells with this text in their names
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,
    /// Another build of the service, of the same version or an older one. It is measured in the
    /// same rounds on a copy of the catalog
    #[arg(long, value_name = "PROGRAM")]
    pub beside: Option<PathBuf>,
}

fn positive(text: &str) -> Result<usize, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=3_600).contains(number));
    number.ok_or_else(|| "must be a number from 1 to 3600".to_owned())
}
