//! `config check`.

use clap::Subcommand;

use super::Failure;
use super::output::Output;
use crate::settings::Settings;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print every setting with its value and where that comes from, if the service could be run with
    /// them. Nothing is opened, and no password is shown.
    Check,
}

pub(super) fn run(command: &Command, output: Output) -> Result<(), Failure> {
    let Command::Check = command;
    output.list(
        ["setting", "value", "from"],
        &Settings::explain()?,
        |setting| {
            [
                setting.key.clone(),
                setting.value.clone(),
                setting.source.clone(),
            ]
        },
    )
}
