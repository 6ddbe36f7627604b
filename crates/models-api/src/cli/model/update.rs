//! `model update`.

use clap::Args;
use models_core::{ModelId, Registered};
use models_node::use_cases::models;

use super::fields::ChangedFields;
use super::owner::{Owner, missing};
use super::registration::refused;
use crate::cli::catalog::origin;
use crate::cli::terminal::{Failure, Output};
use crate::dialects::openai::objects::ModelObject;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api model update gpt-4o-mini --shutdown-date 2027-12-31
  models-api model update weather-v2 --organization acme --owned-by 'Acme Research' --no-shutdown-date";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Update {
    /// The model's id, which never changes.
    id: ModelId,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    fields: ChangedFields,
}

impl Update {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let Self { id, owner, fields } = self;
        let organization = owner.find(store).await?;
        let organization = organization.as_ref();
        let registrant = models::operator(organization);
        let updated = store
            .registrations
            .update(registrant, id.clone(), fields.into(), None, origin())
            .await?;
        let updated = updated.map_err(|refusal| refused(refusal, || missing(&id, organization)))?;
        let (text, model) = match &updated {
            Registered::Created { model, .. } | Registered::Updated { model, .. } => {
                (format!("Updated the model `{id}`."), model)
            }
            Registered::Unchanged { model, .. } => {
                (format!("The model `{id}` already has these fields."), model)
            }
        };
        output.object(&ModelObject::from(model), || text)
    }
}
