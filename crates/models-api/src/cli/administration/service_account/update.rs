//! `service-account update`.

use clap::Args;
use models_core::{AccountRole, Entered, Name, ServiceAccountUpdate};

use super::super::refusal::done;
use super::target::Target;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api service-account update svc_acct_abc --project proj_abc --role owner
  models-api service-account update svc_acct_abc --organization acme --name nightly --role none";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Update {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// The new display name.
    #[arg(long)]
    name: Option<Entered<Name>>,
    /// The new role. The account's keys follow it at once.
    #[arg(long)]
    role: Option<AccountRole>,
}

impl Update {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let Target { id, project } = self.target;
        let (organization, project) = project.find(store).await?;
        let update = ServiceAccountUpdate {
            name: self.changes.name.map(Entered::into_inner),
            role: self.changes.role,
        };
        let updated = store
            .service_accounts
            .update(&organization.id, &project, &id, update, origin())
            .await;
        let account = done(updated, || missing::service_account(&id))?;
        output.object(&account, || {
            format!(
                "The service account {id} has the name `{}` and the role {}.",
                account.name, account.role
            )
        })
    }
}
