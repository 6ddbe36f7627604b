//! `key update`.

use std::time::Duration;

use clap::Args;
use models_core::{ApiKey, ApiKeyId, ApiKeyUpdate};

use super::super::cell;
use super::super::key_options::{expiry, scopes, scopes_text};
use super::super::refusal::done;
use super::find::find_key;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api key update key_01a206232c3a70f9b6190ea2273fb388 --scope api.model.read --scope api.model.request
  models-api key update key_01a206232c3a70f9b6190ea2273fb388 --all-scopes --expires-in 30days";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Update {
    /// The key's id, `key_…`; `models-api key list` shows all ids.
    #[arg(value_name = KEY_ID)]
    id: ApiKeyId,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// A scope, such as `api.model.read`; repeat the option for several. The key may do only what its role and its
    /// scopes both allow. The scopes replace those of the key.
    #[arg(long = "scope", value_name = "SCOPE", conflicts_with = "all_scopes")]
    scopes: Vec<String>,
    /// Remove the scopes, so that the role alone decides what the key may do.
    #[arg(long)]
    all_scopes: bool,
    /// Let the key expire after this time, such as `90days` or `12h`, counted from now.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
}

impl Update {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let origin = origin();
        let changes = self.changes;
        let new_scopes = scopes(&changes.scopes)?;
        let update = ApiKeyUpdate {
            scopes: (changes.all_scopes || new_scopes.is_some()).then_some(new_scopes),
            expires_at: changes
                .expires_in
                .map(|lifetime| expiry(origin.at, lifetime))
                .transpose()?,
        };
        let key = find_key(store, &self.id).await?.key;
        let updated = store
            .api_keys
            .update_in_project(
                &key.organization_id,
                &key.project_id,
                &key.id,
                update,
                origin,
            )
            .await;
        let listed = done(updated, || missing::key(&self.id))?.listed;
        output.object(&listed, || {
            let ApiKey {
                id,
                scopes,
                expires_at,
                ..
            } = &listed.key;
            format!(
                "Updated the key {id}.\nscopes   {}\nexpires  {}",
                scopes_text(scopes.as_ref()),
                cell(*expires_at)
            )
        })
    }
}
