//! `config check`.

use std::time::Duration;

use clap::Subcommand;
use models_store::{DatabaseKind, Encryption, encryption};

use super::terminal::notices::UNENCRYPTED;
use super::terminal::{Failure, Output, complain};
use crate::settings::Settings;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print every setting with its value and where that comes from, if the service could be run with
    /// them. No password is shown. A PostgreSQL server is connected to, to say whether that is encrypted; nothing is
    /// changed there, and a server that does not answer is no failure.
    #[command(
        after_help = "Examples:\n  models-api config check\n  MODELS_ENVIRONMENT=production models-api config check --json"
    )]
    Check,
}

/// How long a server may take to say whether it speaks TLS.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(command: &Command, output: Output) -> Result<(), Failure> {
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
    )?;
    complain_of_encryption(&Settings::load()?).await;
    Ok(())
}

/// Says on standard error what protects the connection to a server: standard output is for the settings.
async fn complain_of_encryption(settings: &Settings) {
    let url = settings.database.url.expose();
    if !matches!(DatabaseKind::of(url), Ok(DatabaseKind::Postgres)) {
        return;
    }
    match encryption(url, PATIENCE).await {
        Ok(Encryption::Tls) => complain("note: the connection to the database is encrypted"),
        Ok(Encryption::SameMachine) => complain(
            "note: the connection to the database is not encrypted, and does not leave this machine",
        ),
        Ok(Encryption::None) => complain(&format!("warning: {UNENCRYPTED}")),
        Err(error) => complain(&format!(
            "note: whether the connection to the database is encrypted is not known: {error}"
        )),
    }
}
