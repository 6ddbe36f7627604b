//! `key list`.

use clap::Args;
use models_core::{ApiKey, ListedApiKey, ProjectId, ServiceAccountId, Slug, Timestamp};

use super::super::cell;
use super::super::key_options::ExpiryFilter;
use crate::cli::catalog::{find_owner, find_project};
use crate::cli::limit::Limit;
use crate::cli::terminal::{Failure, Output};
use crate::clock::now;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api key list --organization acme
  models-api key list --service-account svc_acct_abc
  models-api key list --project proj_abc --limit 10 --json
  models-api key list --expires-within 14days";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct List {
    /// List only the keys of this organization.
    #[arg(long, value_name = "SLUG")]
    organization: Option<Slug>,
    /// List only the keys of this project.
    #[arg(long, value_name = "PROJECT_ID")]
    project: Option<ProjectId>,
    /// List only the keys of this service account.
    #[arg(long, value_name = "SERVICE_ACCOUNT_ID")]
    service_account: Option<ServiceAccountId>,
    #[command(flatten)]
    expiry: ExpiryFilter,
    #[command(flatten)]
    limit: Limit,
}

impl List {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = match &self.project {
            Some(id) => Some(find_project(store, self.organization.as_ref(), id).await?.0),
            None => find_owner(store, self.organization.as_ref()).await?,
        };
        let organization = organization.as_ref().map(|organization| &organization.id);
        let mut keys = store.api_keys.list(organization).await?;
        let now = now();
        keys.retain(|listed| self.selects(&listed.key, now));
        self.limit.truncate(&mut keys);
        print_table(&keys, output)
    }

    fn selects(&self, key: &ApiKey, now: Timestamp) -> bool {
        let is_of_project = self.project.as_ref().is_none_or(|id| key.project_id == *id);
        let account = self.service_account.as_ref();
        is_of_project
            && account.is_none_or(|id| key.service_account_id.as_ref() == Some(id))
            && self.expiry.selects(now, key.expires_at, key.revoked_at)
    }
}

fn print_table(keys: &[ListedApiKey], output: Output) -> Result<(), Failure> {
    output.list(
        [
            "id",
            "organization",
            "role",
            "name",
            "value",
            "created",
            "last used",
            "expires",
            "revoked",
        ],
        keys,
        |ListedApiKey { key, last_used_at }| {
            [
                key.id.to_string(),
                key.organization_slug.to_string(),
                key.role.to_string(),
                key.name.to_string(),
                key.redacted_value.clone(),
                key.created_at.to_string(),
                cell(*last_used_at),
                cell(key.expires_at),
                cell(key.revoked_at),
            ]
        },
    )
}
