//! `key create|list|show|update|rotate|revoke`.

mod create;
mod list;
pub(super) mod new;
mod revoke;
mod rotate;
mod update;

use clap::Subcommand;
use models_core::{ApiKeyId, ListedApiKey, Scopes};

use self::create::Create;
use self::list::List;
use self::revoke::Revoke;
use self::rotate::Rotate;
use self::update::Update;
use super::cell;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create a key and print it once.
    Create(Create),
    /// List keys, without their secrets.
    List(List),
    /// Show one key, without its secret.
    #[command(after_help = "Example:\n  models-api key show key_01a206232c3a70f9b6190ea2273fb388")]
    Show {
        /// The key's id, `key_…`; `models-api key list` shows all ids.
        #[arg(value_name = KEY_ID)]
        id: ApiKeyId,
    },
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
            Self::List(_) | Self::Show { .. } => false,
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
        Command::Show { id } => show(&id, store, output).await,
        Command::Update(update) => update.run(store, output).await,
        Command::Rotate(rotate) => rotate.run(store, output).await,
        Command::Revoke(revoke) => revoke.run(store, output).await,
    }
}

async fn show(id: &ApiKeyId, store: &Store, output: Output) -> Result<(), Failure> {
    let listed = find_key(store, id).await?;
    let ListedApiKey { key, last_used_at } = &listed;
    output.object(&listed, || {
        let account = key.service_account_id.as_ref();
        format!(
            "id               {id}\norganization     {}\nproject          {}\nservice account  {}\nname             {}\nrole             {}\nscopes           {}\nvalue            {}\ncreated          {}\nlast used        {}\nexpires          {}\nrevoked          {}",
            key.organization_slug,
            key.project_id,
            account.map_or("-", |id| id.as_str()),
            key.name,
            key.role,
            scopes_text(key.scopes.as_ref()),
            key.redacted_value,
            key.created_at,
            cell(*last_used_at),
            cell(key.expires_at),
            cell(key.revoked_at)
        )
    })
}

/// Finds the key with this id, also a revoked or expired one.
async fn find_key(store: &Store, id: &ApiKeyId) -> Result<ListedApiKey, Failure> {
    let keys = store.api_keys.list(None).await?;
    let found = keys.into_iter().find(|listed| listed.key.id == *id);
    found.ok_or_else(|| missing(id).into())
}

/// An operator may type the key itself in place of its id, so the text repeats only ids that the service makes.
fn missing(id: &ApiKeyId) -> String {
    if id.as_str().starts_with("key_") {
        format!("there is no key `{id}`; `models-api key list` shows all")
    } else {
        "there is no key with this id; `models-api key list` shows all; to revoke a key by its secret: models-api key \
         revoke --secret-file -"
            .to_owned()
    }
}

fn scopes_text(scopes: Option<&Scopes>) -> String {
    scopes.map_or_else(
        || "all".to_owned(),
        |scopes| scopes.iter().collect::<Vec<_>>().join(", "),
    )
}
