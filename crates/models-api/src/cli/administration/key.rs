//! `key create|list|show|update|rotate|revoke`.

mod bulk;
mod create;
mod find;
mod list;
pub(super) mod new;
mod revoke;
mod rotate;
mod show;
mod update;

use clap::Subcommand;

use self::create::Create;
use self::list::List;
use self::revoke::Revoke;
use self::rotate::Rotate;
use self::show::Show;
use self::update::Update;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create a key, or all keys of a file, and print each once.
    Create(Create),
    /// List keys, without their secrets.
    List(List),
    /// Show one key, without its secret.
    Show(Show),
    /// Change the scopes or the expiry of a key.
    Update(Update),
    /// Create a key with a new secret in place of another one, and let the other one expire.
    ///
    /// The new key has the name, the role, the scopes, the service account and the lifetime of the other one.
    Rotate(Rotate),
    /// Revoke a key permanently.
    Revoke(Revoke),
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Rotate(_) | Self::Revoke(_) => true,
            Self::List(_) | Self::Show(_) => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run(store, output).await,
        Command::List(list) => list.run(store, output).await,
        Command::Show(show) => show.run(store, output).await,
        Command::Update(update) => update.run(store, output).await,
        Command::Rotate(rotate) => rotate.run(store, output).await,
        Command::Revoke(revoke) => revoke.run(store, output).await,
    }
}
