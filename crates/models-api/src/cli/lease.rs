//! `lease show|set`.

use std::time::Duration;

use clap::Subcommand;
use models_core::Leases;
use serde_json::json;

use super::catalog::origin;
use super::terminal::{Failure, Output};
use crate::settings::Settings;
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the lease in force.
    #[command(after_help = "Examples:\n  models-api lease show\n  models-api lease show --json")]
    Show,
    /// Set the lease of all nodes of this database, without a restart.
    ///
    /// Running nodes take the new lease with their next renewal, within about a second. Until every previous lease
    /// has expired, nodes use the shorter of the two leases. Until then, deletions and revocations wait for the longer.
    #[command(
        after_help = "Examples:\n  models-api lease set 10\n  models-api lease set 30 --json"
    )]
    Set {
        /// The lease in seconds, from 3 to 3600; it must be shorter than `limits.request_timeout`.
        #[arg(value_parser = clap::value_parser!(u32).range(3..=3600))]
        seconds: u32,
    },
}

pub(super) async fn run(
    command: Command,
    settings: &Settings,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let leases = match command {
        Command::Show => store.lease.find().await?,
        Command::Set { seconds } => {
            let lease = Duration::from_secs(seconds.into());
            refuse_longer_than_requests(settings, lease)?;
            Some(store.lease.set(lease, origin()).await?)
        }
    };
    show(settings, leases, output)
}

/// Refuses a lease that is not shorter than the request timeout: a deletion may wait for a whole lease.
pub(super) fn refuse_longer_than_requests(
    settings: &Settings,
    lease: Duration,
) -> Result<(), Failure> {
    let time = settings.limits.request_timeout;
    if time > lease {
        return Ok(());
    }
    Err(format!(
        "the setting `limits.request_timeout` (variable MODELS__LIMITS__REQUEST_TIMEOUT) is {} s, and must be longer than \
         the lease, which is {} s, because a deletion may wait for a whole lease; raise the setting, or set a shorter \
         lease with `models-api lease set`",
        time.as_secs(),
        lease.as_secs()
    )
    .into())
}

fn show(settings: &Settings, leases: Option<Leases>, output: Output) -> Result<(), Failure> {
    let setting = settings.consistency.lease.as_secs();
    let object = json!({
        "lease_seconds": leases.map(|leases| leases.in_force.as_secs()),
        "previous_lease_seconds": leases.map(|leases| leases.previous.as_secs()),
        "setting_seconds": setting,
    });
    output.object(&object, || match leases {
        None => format!(
            "No lease is in force yet. The first node sets the lease from its setting `consistency.lease`, which is {setting} s here."
        ),
        Some(leases) => text(&leases),
    })
}

fn text(leases: &Leases) -> String {
    let in_force = format!("The lease in force is {} s.", leases.in_force.as_secs());
    if leases.in_force == leases.previous {
        return in_force;
    }
    format!(
        "{in_force}\nUntil every lease of {} s has expired, nodes use {} s, and deletions and revocations wait for at most \
         {} s.",
        leases.previous.as_secs(),
        leases.of_nodes().as_secs(),
        leases.of_barriers().as_secs()
    )
}
