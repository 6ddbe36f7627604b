//! Measures the service and its reference servers in interleaved rounds. The machine need not be
//! quiet: the results are ratios to the bare server within a round.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and times of a measurement are far below 2^53"
)]

mod catalog;
mod cells;
mod contender;
mod load;
mod names;
mod options;
mod registration;
mod report;
mod scene;
mod servers;
mod slow;
mod tools;

use std::io::Write;
use std::process::Command;

use self::cells::Cell;
use self::names::BARE;
pub use self::options::Options;
use self::report::Table;
use self::scene::Scene;
use self::tools::Tools;
use crate::target;

pub fn run(options: &Options) -> Result<(), String> {
    let cells = chosen(options)?;
    let tools = Tools::ready(options)?;
    let (mut tables, mut errors) = (vec![], vec![]);
    for cells in cells.chunk_by(|one, other| one.contents == other.contents) {
        match measure(&tools, options, cells) {
            Ok(measured) => tables.extend(measured),
            // What the other cells measured took minutes, and stays valid.
            Err(error) => {
                eprintln!("{}: {error}", cells[0].name);
                errors.push(error);
            }
        }
        save(&markdown(&tools, options, &tables))?;
    }
    let mut report = markdown(&tools, options, &tables);
    if slow::NAME.contains(&options.only) {
        report += &slow::measure(&tools)?;
    }
    if registration::NAME.contains(&options.only) {
        report += &registration::measure(&tools, options)?;
    }
    save(&report)?;
    let written = std::io::stdout().write_all(report.as_bytes());
    written.map_err(|error| error.to_string())?;
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.join("\n"))
}

fn measure(tools: &Tools, options: &Options, cells: &[Cell]) -> Result<Vec<Table>, String> {
    Scene::start(tools, options, cells[0].contents)?.measure(cells, options)
}

fn chosen(options: &Options) -> Result<Vec<Cell>, String> {
    let mut cells = cells::all();
    cells.retain(|cell| cell.name.contains(&options.only));
    let others = [slow::NAME, registration::NAME];
    if cells.is_empty() && !others.iter().any(|name| name.contains(&options.only)) {
        let cells = cells::all();
        let names = cells.iter().map(|cell| cell.name).chain(others);
        let names: Vec<_> = names.collect();
        return Err(format!(
            "no cell has `{}` in its name; the cells are:\n  {}",
            options.only,
            names.join("\n  ")
        ));
    }
    Ok(cells)
}

fn markdown(tools: &Tools, options: &Options, tables: &[Table]) -> String {
    let Options {
        rounds, seconds, ..
    } = options;
    let mut text = format!(
        "# Benchmark of {}\n\n{rounds} interleaved rounds of {seconds} s, {} connections, keep-alive; {}.\n\
        The numbers are medians, with minimum and maximum in brackets. `× bare` is the median of the\n\
        rounds' ratios to `{}`. Only ratios within one run are meaningful.\n\n",
        revision(),
        load::CONNECTIONS,
        tools.cores,
        BARE,
    );
    if tools.nginx.is_none() {
        text += "**NGINX IS NOT INSTALLED: its rows are missing.**\n\n";
    }
    let tables = tables.iter().map(Table::markdown);
    text + &tables.collect::<String>()
}

/// The commit, and whether the working tree differs from it.
fn revision() -> String {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    let text = described.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "an unknown revision".to_owned())
}

fn save(report: &str) -> Result<(), String> {
    let fail = |error: std::io::Error| error.to_string();
    let directory = target()?.join("bench");
    std::fs::create_dir_all(&directory).map_err(fail)?;
    std::fs::write(directory.join("report.md"), report).map_err(fail)
}
