//! `config check`.

use std::time::Duration;

use clap::Subcommand;
use models_store::{DatabaseKind, Encryption, encryption};

use super::terminal::notices::UNENCRYPTED;
use super::terminal::{Failure, Output, print_message};
use crate::settings::Settings;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Validate the settings, and print each setting with its value and its source.
    ///
    /// Passwords are masked. With a PostgreSQL database, the command also connects to the server and reports whether
    /// the connection is encrypted. It changes nothing there, and does not fail if the server is unreachable.
    #[command(
        after_help = "Examples:\n  models-api config check\n  MODELS_ENVIRONMENT=production models-api config check --json"
    )]
    Check,
}

/// The timeout of the connection that checks for TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

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
    report_encryption(&Settings::load()?).await;
    Ok(())
}

/// Reports on standard error whether the connection to the server is encrypted. Standard output has only the settings.
async fn report_encryption(settings: &Settings) {
    let url = settings.database.url.expose();
    if !matches!(DatabaseKind::of(url), Ok(DatabaseKind::Postgres)) {
        return;
    }
    match encryption(url, CONNECT_TIMEOUT).await {
        Ok(Encryption::Tls) => print_message("note: the connection to the database is encrypted"),
        Ok(Encryption::SameMachine) => print_message(
            "note: the connection to the database is not encrypted, and does not leave this machine",
        ),
        Ok(Encryption::None) => print_message(&format!("warning: {UNENCRYPTED}")),
        Err(error) => print_message(&format!(
            "note: failed to check whether the connection to the database is encrypted: {error}"
        )),
    }
}
