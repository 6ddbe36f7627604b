//! `key create`.

use std::path::PathBuf;

use clap::Args;
use models_core::{Role, ServiceAccountId};
use models_node::use_cases::keys;
use models_node::use_cases::service_accounts::KeyOwner;

use super::super::project_options::ProjectOptions;
use super::super::refusal::created;
use super::bulk::create_all;
use super::new::{NewKeyOptions, create_for_account};
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::random::new_secret;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api key create --organization acme --role reader --name gateway
  models-api key create --organization acme --role owner --name pipeline --expires-in 90days
  models-api key create --project proj_abc --service-account svc_acct_abc --name ci --scope api.model.read
  models-api key create --organization acme --role reader --name moved --id key_abc --secret-file existing-key
  models-api key create --from keys.jsonl --json";

/// The options of one key.
const OPTIONS_OF_ONE: [&str; 10] = [
    "organization",
    "project",
    "role",
    "service_account",
    "name",
    "scopes",
    "id",
    "expires_in",
    "secret_file",
    "allow_weak",
];

#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    mut_arg("organization", |option| option.required_unless_present_any(["project", "from"])),
    mut_arg("name", |option| option.required(false).required_unless_present("from")),
)]
pub(in crate::cli) struct Create {
    /// Create all keys of a file, or none of them (`-` for standard input). Each line is a JSON object with the fields
    /// `organization` or `project`, `role`, `name`, and optionally `id`, `scopes`, `expires_in`, `secret` and `allow_weak`.
    #[arg(long, value_name = "FILE", conflicts_with_all = OPTIONS_OF_ONE)]
    from: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectOptions,
    /// The key's role: `reader` and `writer` list and retrieve models, `owner` also deletes them. The command makes a
    /// service account of the key's name for the key.
    #[arg(long, required_unless_present_any = ["service_account", "from"])]
    role: Option<Role>,
    /// The service account that owns the key, and whose role decides the key's role.
    #[arg(long, value_name = "SERVICE_ACCOUNT_ID", conflicts_with = "role")]
    service_account: Option<ServiceAccountId>,
    #[command(flatten)]
    new: NewKeyOptions,
}

impl Create {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        if let Some(path) = &self.from {
            return create_all(path, store, output).await;
        }
        let owner = self.project.find_owner(store).await?;
        match (self.service_account, self.role) {
            (Some(account), _) => {
                create_for_account(&account, &owner, self.new, store, output).await
            }
            (None, Some(role)) => create(role, &owner, &self.new, store, output).await,
            (None, None) => Err("name the role or the service account".into()),
        }
    }
}

/// Creates a key with a service account of its name, and prints it.
async fn create(
    role: Role,
    owner: &KeyOwner,
    options: &NewKeyOptions,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let origin = origin();
    let secret = options.options.secret.read(new_secret)?;
    let new = options.new_key(role, origin.at)?;
    let accounts = &*store.service_accounts;
    let outcome = keys::create(accounts, owner, (new, &secret), origin).await;
    let project = &owner.project_id;
    let key = created(outcome, || options.taken(), || missing::project(project))?;
    options.print(&key, &secret, output)
}
