//! `service-account create`.

use clap::Args;
use models_core::{AccountRole, ApiKey, Entered, Name, ServiceAccount, ServiceAccountId};
use models_node::use_cases::service_accounts::{self, NewKey, NewServiceAccount, role_of_keys};
use serde::Serialize;

use super::super::key_options::{CreatedKey, print_created};
use super::super::project_options::ProjectOptions;
use super::super::refusal::created;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::random::new_secret;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api service-account create --organization acme --name ci --role member
  models-api service-account create --project proj_abc --name ci --role owner --with-key
  models-api service-account create --project proj_abc --name ci --role member --id svc_acct_abc";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Create {
    #[command(flatten)]
    project: ProjectOptions,
    /// The display name.
    #[arg(long)]
    name: Entered<Name>,
    /// The role: keys of a `member` are writers, keys of an `owner` are owners, and keys of an account with the role
    /// `none` can do nothing.
    #[arg(long)]
    role: AccountRole,
    /// The id: 1 to 64 letters, digits, `_` and `-`, unique over all organizations. Without this option the command
    /// makes one.
    #[arg(long)]
    id: Option<ServiceAccountId>,
    /// Create a key of the account's name too, and print it once.
    #[arg(long)]
    with_key: bool,
}

/// An account with its first key, in JSON.
#[derive(Serialize)]
struct AccountObject<'a> {
    #[serde(flatten)]
    account: &'a ServiceAccount,
    /// Absent without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a ApiKey>,
}

impl Create {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let owner = self.project.find_owner(store).await?;
        let secret = new_secret()?;
        let key = self.with_key.then(|| NewKey {
            id: None,
            name: self.name.clone(),
            role: role_of_keys(self.role),
            scopes: None,
            expires_at: None,
        });
        let taken = match &self.id {
            Some(id) => format!("a project has, or had, a service account with the id `{id}`"),
            None => "the generated id is taken; run the command again".to_owned(),
        };
        let new = NewServiceAccount {
            id: self.id,
            name: self.name,
            role: self.role,
        };
        let key = key.map(|key| (key, &secret));
        let accounts = &*store.service_accounts;
        let outcome = service_accounts::create(accounts, &owner, new, key, origin()).await;
        let project = &owner.project_id;
        let (account, key) = created(outcome, || taken, || missing::project(project))?;
        let object = AccountObject {
            account: &account,
            key: key.as_ref(),
        };
        let id = &account.id;
        let text = format!(
            "Created the service account {id} with the role {}.",
            account.role
        );
        match &key {
            None => output.object(&object, || {
                format!("{text}\nTo create its first key: models-api service-account create-key {id} --project {project} --name NAME")
            }),
            Some(key) => {
                let created = CreatedKey { value: Some(secret.expose()), key: object };
                let text = format!("{text}\nCreated its key {}.", key.id);
                let revoke = format!("models-api key revoke {}", key.id);
                print_created(&created, key.id.as_str(), &text, &revoke, output)
            }
        }
    }
}
