//! Measures the service and its anchors in interleaved rounds. The machine need not be quiet: what
//! counts are the ratios to the bare anchor within a round.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and times of a measurement are far below 2^53"
)]

mod aside;
mod catalog;
mod cells;
mod contender;
mod cores;
mod http;
mod load;
mod mix;
mod nginx;
mod process;
mod report;
mod scene;
mod server;
mod slow;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use self::cells::Cell;
use self::cores::Cores;
use self::report::Table;
use self::scene::Scene;
use crate::{build_for_production, system, target};

#[derive(Args)]
pub struct Options {
    /// How often each server of each cell is measured.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    rounds: usize,
    /// For how long each time.
    #[arg(long, default_value_t = 1, value_parser = positive)]
    seconds: usize,
    /// Only the cells with this text in their names.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Another build of the service, of the same version or an older one. It is measured in the same rounds, on a
    /// copy of the catalog.
    #[arg(long, value_name = "PROGRAM")]
    beside: Option<PathBuf>,
}

/// The programs, and where they run.
struct Tools {
    service: PathBuf,
    anchors: PathBuf,
    /// Another build of the service.
    beside: Option<PathBuf>,
    nginx: Option<&'static str>,
    cores: Cores,
}

pub fn run(options: &Options) -> Result<(), String> {
    let cells = chosen(options)?;
    let tools = Tools::ready(options)?;
    let mut tables = vec![];
    for cells in cells.chunk_by(|one, other| one.contents == other.contents) {
        let scene = Scene::start(&tools, options, cells[0].contents)?;
        tables.extend(scene.measure(cells, options)?);
    }
    let mut report = markdown(&tools, options, &tables);
    if slow::NAME.contains(&options.only) {
        report += &slow::measure(&tools)?;
    }
    write(&report)
}

fn chosen(options: &Options) -> Result<Vec<Cell>, String> {
    let mut cells = cells::all();
    cells.retain(|cell| cell.name.contains(&options.only));
    if cells.is_empty() && !slow::NAME.contains(&options.only) {
        let cells = cells::all();
        let names = cells.iter().map(|cell| cell.name).chain([slow::NAME]);
        let names: Vec<_> = names.collect();
        return Err(format!(
            "no cell has `{}` in its name; there are:\n  {}",
            options.only,
            names.join("\n  ")
        ));
    }
    Ok(cells)
}

impl Tools {
    /// Builds and finds them. Built one by one, as they are built for use: together, the features
    /// of one could be in the other.
    fn ready(options: &Options) -> Result<Self, String> {
        for package in ["models-api", "anchors"] {
            crate::run(&mut build_for_production(package))?;
        }
        system::need("wrk", "wrk")?;
        let programs = target()?.join("dist");
        Ok(Self {
            service: programs.join("models-api"),
            anchors: programs.join("anchors"),
            beside: options.beside.as_deref().map(absolute).transpose()?,
            nginx: nginx::find(),
            cores: Cores::here(),
        })
    }
}

fn markdown(tools: &Tools, options: &Options, tables: &[Table]) -> String {
    let Options {
        rounds, seconds, ..
    } = options;
    let mut text = format!(
        "# Benchmark of {}\n\n{rounds} interleaved rounds of {seconds} s, {} connections, keep-alive; {}.\n\
        Medians, with the least and the most in brackets; `× bare` is the median of the ratios to\n\
        `{}` round by round. Only ratios within one run count.\n\n",
        revision(),
        load::CONNECTIONS,
        tools.cores,
        scene::BARE,
    );
    if tools.nginx.is_none() {
        text += "**NGINX IS NOT INSTALLED: its rows are missing.**\n\n";
    }
    let tables = tables.iter().map(Table::markdown);
    text + &tables.collect::<String>()
}

/// The commit, and whether there is more than that.
fn revision() -> String {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    let text = described.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "an unknown revision".to_owned())
}

fn write(report: &str) -> Result<(), String> {
    let fail = |error: std::io::Error| error.to_string();
    let directory = target()?.join("bench");
    std::fs::create_dir_all(&directory).map_err(fail)?;
    std::fs::write(directory.join("report.md"), report).map_err(fail)?;
    std::io::stdout().write_all(report.as_bytes()).map_err(fail)
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    let absolute = path.canonicalize();
    absolute.map_err(|error| format!("{}: {error}", path.display()))
}

fn positive(text: &str) -> Result<usize, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=3_600).contains(number));
    number.ok_or_else(|| "must be a number from 1 to 3600".to_owned())
}
