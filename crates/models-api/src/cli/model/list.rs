//! `model list`.

use clap::Args;
use models_core::{Model, Name, ShutdownDate};

use super::owner::Owner;
use crate::cli::limit::Limit;
use crate::cli::terminal::{Failure, Output};
use crate::dialects::openai::objects::ModelObject;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api model list
  models-api model list --organization acme --limit 10 --json
  models-api model list --owned-by system --shutdown-before 2027-01-01";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    limit: Limit,
}

#[derive(Args)]
struct Filter {
    /// Only models with exactly this `owned_by`.
    #[arg(long, value_name = "NAME")]
    owned_by: Option<Name>,
    /// Only models that shut down before this day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    shutdown_before: Option<ShutdownDate>,
}

impl Filter {
    fn accepts(&self, model: &Model) -> bool {
        let Self {
            owned_by,
            shutdown_before,
        } = self;
        let has_owner = owned_by.as_ref().is_none_or(|name| model.owned_by == *name);
        let ends_before = shutdown_before
            .is_none_or(|day| model.shutdown_date.is_some_and(|shutdown| shutdown < day));
        has_owner && ends_before
    }
}

impl List {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let mut models = self.owner.models(store).await?;
        models.retain(|model| self.filter.accepts(model));
        self.limit.truncate(&mut models);
        output.list_as(
            ["id", "created", "owned by", "shutdown date"],
            &models,
            ModelObject::from,
            |model| {
                let shutdown_date = model
                    .shutdown_date
                    .map_or_else(|| "-".to_owned(), String::from);
                [
                    model.id.to_string(),
                    model.created.to_string(),
                    model.owned_by.to_string(),
                    shutdown_date,
                ]
            },
        )
    }
}
