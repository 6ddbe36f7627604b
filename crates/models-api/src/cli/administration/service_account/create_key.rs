//! `service-account create-key`.

use clap::Args;
use models_core::ServiceAccountId;

use super::super::key::new::{NewKeyOptions, create_for_account};
use super::super::project_options::ProjectOptions;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api service-account create-key svc_acct_abc --project proj_abc --name ci
  models-api service-account create-key svc_acct_abc --project proj_abc --name ci --scope api.model.read";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct CreateKey {
    /// The service account's id; `models-api service-account list` shows all ids.
    #[arg(value_name = "SERVICE_ACCOUNT_ID")]
    account: ServiceAccountId,
    #[command(flatten)]
    project: ProjectOptions,
    #[command(flatten)]
    new: NewKeyOptions,
}

impl CreateKey {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let owner = self.project.find_owner(store).await?;
        create_for_account(&self.account, &owner, self.new, store, output).await
    }
}
