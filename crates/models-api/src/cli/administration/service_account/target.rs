//! `service-account show|delete`.

use clap::Args;
use models_core::{ServiceAccount, ServiceAccountId};

use super::super::project_options::ProjectOptions;
use super::super::refusal::done;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

/// The service account that a command is about.
#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The service account's id; `models-api service-account list` shows all ids.
    #[arg(value_name = "SERVICE_ACCOUNT_ID")]
    pub(super) id: ServiceAccountId,
    #[command(flatten)]
    pub(super) project: ProjectOptions,
}

impl Target {
    pub(super) async fn show(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, project) = self.project.find(store).await?;
        let accounts = &store.service_accounts;
        let found = accounts.find(&organization.id, &project, &self.id).await?;
        let account = found.ok_or_else(|| missing::service_account(&self.id))?;
        output.object(&account, || {
            let ServiceAccount { id, name, role, created_at, .. } = &account;
            format!(
                "id            {id}\norganization  {}\nproject       {project}\nname          {name}\nrole          {role}\ncreated       {created_at}",
                organization.slug
            )
        })
    }

    pub(super) async fn delete(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, project) = self.project.find(store).await?;
        let accounts = &store.service_accounts;
        let deleted = accounts
            .delete(&organization.id, &project, &self.id, origin())
            .await;
        let account = done(deleted, || missing::service_account(&self.id))?;
        output.object(&account, || {
            format!(
                "Deleted the service account {} and revoked its keys.",
                account.id
            )
        })
    }
}
