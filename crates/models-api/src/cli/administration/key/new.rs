//! A new key of a service account.

use clap::Args;
use models_core::{ApiKey, ApiKeyId, Entered, Name, Role, Secret, ServiceAccountId, Timestamp};
use models_node::use_cases::service_accounts::{self, KeyOwner, NewKey, role_of_keys};

use super::super::key_options::{CreatedKey, KeyOptions, print_created, scopes};
use super::super::refusal::created;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::random::new_secret;
use crate::store::Store;

/// The options of a new key.
#[derive(Args)]
pub(in crate::cli) struct NewKeyOptions {
    /// The key's display name.
    #[arg(long, required = true)]
    pub(super) name: Option<Entered<Name>>,
    /// A scope, such as `api.model.read`; repeat the option for several. The key may do only what its role and its
    /// scopes both allow. Without this option the scopes restrict nothing.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(super) scopes: Vec<String>,
    /// The id: 1 to 64 letters, digits, `_` and `-`, unique over all organizations. Without this option the command
    /// makes one.
    #[arg(long, value_name = KEY_ID)]
    pub(super) id: Option<ApiKeyId>,
    #[command(flatten)]
    pub(super) options: KeyOptions,
}

impl NewKeyOptions {
    /// The key to create.
    pub(super) fn new_key(&self, role: Role, now: Timestamp) -> Result<NewKey, Failure> {
        Ok(NewKey {
            id: self.id.clone(),
            name: self.name.clone().ok_or("name the key")?,
            role,
            scopes: scopes(&self.scopes)?,
            expires_at: self.options.expires_at(now)?,
        })
    }

    /// The text if the id or the secret exists already.
    pub(super) fn taken(&self) -> String {
        match &self.id {
            Some(id) => format!(
                "a key with the id `{id}`, or a key with this secret, exists already or was revoked"
            ),
            None => "a key with this secret already exists".to_owned(),
        }
    }

    /// Prints the created key with its secret.
    pub(super) fn print(
        &self,
        key: &ApiKey,
        secret: &Secret,
        output: Output,
    ) -> Result<(), Failure> {
        let value = self.options.secret.printed(secret);
        let (id, text) = (key.id.as_str(), created_text(key));
        let revoke = format!("models-api key revoke {id}");
        print_created(&CreatedKey { value, key }, id, &text, &revoke, output)
    }
}

/// Creates a key of this service account, and prints it.
pub(in crate::cli::administration) async fn create_for_account(
    account: &ServiceAccountId,
    owner: &KeyOwner,
    options: NewKeyOptions,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let origin = origin();
    let accounts = &*store.service_accounts;
    let found = accounts
        .find(&owner.organization_id, &owner.project_id, account)
        .await?;
    let account = found.ok_or_else(|| missing::service_account(account))?;
    let secret = options.options.secret.read(new_secret)?;
    let new = options.new_key(role_of_keys(account.role), origin.at)?;
    let keys = &*store.api_keys;
    let outcome = service_accounts::create_key(keys, owner, &account, (new, &secret), origin).await;
    let key = created(
        outcome,
        || options.taken(),
        || missing::service_account(&account.id),
    )?;
    options.print(&key, &secret, output)
}

/// The sentence about a created key.
pub(super) fn created_text(key: &ApiKey) -> String {
    let ApiKey {
        id,
        role,
        organization_slug,
        ..
    } = key;
    format!("Created the {role} key {id} of `{organization_slug}`.")
}
