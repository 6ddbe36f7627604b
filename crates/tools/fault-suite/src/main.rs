//! The fault suite: faults against real processes of the service and a real PostgreSQL. Each
//! scenario has a control that must fail.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command line tool"
)]

mod changes;
mod environment;
mod load;
mod neighbours;
mod outages;
mod report;
mod versions;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use changes::restriction::Restriction;
use changes::{cancellation, consistency, imports, notifications, restriction, revocation};
use environment::scene::Scene;
use load::{exhaustion, overload};
use neighbours::{gateway, pooler, sharing};
use outages::{crash, failover, network, power, restore, rotation, silence};
use versions::{fenced, newer, older, upgrade};

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    /// Program of the service
    #[arg(long)]
    program: PathBuf,
    /// Configuration of the gateway
    #[arg(long)]
    gateway_config: PathBuf,
    /// Program of an older version, which `upgrade` starts from
    #[arg(long)]
    older: Option<PathBuf>,
    /// File to write the table to
    #[arg(long)]
    report: PathBuf,
    /// Run a tenth of the suite
    #[arg(long)]
    short: bool,
    /// Only the scenarios with this text in their names
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// None of the scenarios with this text in their names. Some scenarios need root
    #[arg(long, value_name = "TEXT")]
    leave_out: Vec<String>,
}

const SCENARIOS: [&str; 20] = [
    "revocation",
    "permissions",
    "disabling",
    "visibility",
    "cancellation",
    "consistency",
    "crash",
    "failover",
    "network",
    "silence",
    "rotation",
    "power",
    "gateway",
    "upgrade",
    "pooler",
    "sharing",
    "restore",
    "exhaustion",
    "overload",
    "imports",
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Box::pin(run(&arguments)).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: a target was missed, or a control did not fail");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let chosen: Vec<&str> = SCENARIOS
        .into_iter()
        .filter(|name| name.contains(&arguments.only))
        .filter(|name| {
            !arguments
                .leave_out
                .iter()
                .any(|text| name.contains(text.as_str()))
        })
        .collect();
    if chosen.is_empty() {
        return Err(format!(
            "no scenario is left; the scenarios are: {}",
            SCENARIOS.join(", ")
        )
        .into());
    }
    let program = std::path::absolute(&arguments.program)?;
    let scale = |full: usize| if arguments.short { full / 10 } else { full };
    let mut scene = Scene::start(&program).await?;
    scene.report.is_patient = arguments.short;
    for name in chosen {
        eprintln!("{name}:");
        let mut report = std::mem::take(&mut scene.report);
        match name {
            "crash" => crash::run(&mut report, &program, scale(40)).await?,
            "gateway" => {
                gateway::run(&mut report, &program, &arguments.gateway_config).await?;
            }
            "failover" => {
                failover::run(&mut report, &program, if arguments.short { 5 } else { 15 }).await?;
            }
            "network" => {
                let seconds = if arguments.short { 8 } else { 20 };
                network::run(&mut report, &program, scale(1_000), seconds).await?;
            }
            "silence" => {
                let rounds = if arguments.short { 2 } else { 10 };
                silence::run(&mut report, &program, rounds).await?;
            }
            "rotation" => {
                let rounds = if arguments.short { 2 } else { 10 };
                Box::pin(rotation::run(&mut report, &program, rounds)).await?;
            }
            "power" => power::run(&mut report, &program, scale(40)).await?,
            "upgrade" => {
                upgrade::run(&mut report, &program).await?;
                newer::run(&mut report, &program).await?;
                if let Some(older) = &arguments.older {
                    let older = std::path::absolute(older)?;
                    older::run(&mut report, &older, &program).await?;
                    let versions = fenced::Versions {
                        older: &older,
                        program: &program,
                        count: scale(3_000),
                    };
                    fenced::run(&mut report, versions).await?;
                }
            }
            "imports" => imports::run(&mut report, &program, scale(120_000)).await?,
            "pooler" => pooler::run(&mut report, &program).await?,
            "restore" => restore::run(&mut report, &program).await?,
            "sharing" => sharing::run(&mut report, &program).await?,
            "exhaustion" => exhaustion::run(&mut report, &program, scale(1_000).max(200)).await?,
            "overload" => overload::run(&mut report, &program, scale(20).max(3) as u64).await?,
            _ => {
                scene.report = report;
                match name {
                    "revocation" => revocation::run(&mut scene, scale(1_000)).await?,
                    "permissions" => {
                        restriction::run(&mut scene, Restriction::Policy, scale(1_000)).await?;
                    }
                    "disabling" => {
                        restriction::run(&mut scene, Restriction::Disabling, scale(1_000)).await?;
                    }
                    "visibility" => notifications::run(&mut scene, scale(300).max(100)).await?,
                    "cancellation" => cancellation::run(&mut scene, 1_000).await?,
                    _ => consistency::run(&mut scene, scale(100_000)).await?,
                }
                report = std::mem::take(&mut scene.report);
            }
        }
        scene.report = report;
    }
    let table = scene.report.markdown();
    std::fs::write(&arguments.report, &table)?;
    println!("{table}");
    Ok(scene.report.is_met())
}
