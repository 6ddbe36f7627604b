//! `model create`.

use clap::Args;
use models_core::{
    Attempt, Entered, Mint, Model, ModelId, RandomPart, Registered, Registration, RequestedId,
    Suffix, is_private_fine_tune,
};
use models_node::use_cases::models;

use super::fields::NewFields;
use super::owner::Owner;
use super::registration::refused;
use crate::cli::catalog::origin;
use crate::cli::terminal::{Failure, Output, print_message};
use crate::dialects::openai::objects::ModelObject;
use crate::random::random_bytes;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api model create gpt-4o-mini --created 2024-07-16 --owned-by system
  models-api model create weather-v2 --organization acme --shutdown-date 2027-12-31
  models-api model create --base-model gpt-4o-mini --suffix weather --organization acme --quiet";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Create {
    /// The model's id.
    #[arg(required_unless_present = "base_model")]
    id: Option<Entered<ModelId>>,
    #[command(flatten)]
    owner: Owner,
    /// Generate the id `ft:MODEL:SLUG:SUFFIX:RANDOM` of a fine-tuned model of the organization, with this base model.
    #[arg(
        long,
        value_name = "MODEL",
        conflicts_with = "id",
        requires = "organization"
    )]
    base_model: Option<ModelId>,
    /// The suffix in the generated id: up to 64 letters and digits of ASCII, `.`, `_` and `-`.
    #[arg(long, requires = "base_model", default_value = "")]
    suffix: Suffix,
    #[command(flatten)]
    fields: NewFields,
}

impl Create {
    /// Whether the command creates a missing database. An organization exists only in a database.
    pub(super) fn may_create(&self) -> bool {
        self.owner.organization.is_none()
    }

    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = self.owner.find(store).await?;
        let organization = organization.as_ref();
        let base_model = self.base_model.clone();
        let registration = self.registration()?;
        if organization.is_none() {
            warn_of_fine_tuned(&registration.id);
        }
        let registrant = models::operator(organization);
        let registered = store
            .registrations
            .register(registrant, registration, Attempt::First, origin())
            .await?;
        let registered = registered.map_err(|refusal| {
            refused(refusal, || {
                let base_model = base_model.as_ref().map_or("", ModelId::as_str);
                format!("the organization has no base model `{base_model}`, and no public model has this id")
            })
        })?;
        let text = |text: &str, model: &Model| match organization {
            None => format!("{text} the public model `{}`.", model.id),
            Some(organization) => {
                format!(
                    "{text} the model `{}` of `{}`.",
                    model.id, organization.slug
                )
            }
        };
        match &registered {
            Registered::Created { model, .. } | Registered::Updated { model, .. } => {
                output.object(&ModelObject::from(model), || text("Created", model))
            }
            Registered::Unchanged { model, .. } => output.object(&ModelObject::from(model), || {
                format!("The model `{}` already exists with these fields.", model.id)
            }),
        }
    }

    fn registration(self) -> Result<Registration, Failure> {
        let id = match (self.id, self.base_model) {
            (Some(id), _) => RequestedId::Named(id),
            (None, Some(base_model)) => RequestedId::Minted(Mint {
                base_model,
                suffix: self.suffix,
                random: RandomPart::from_random(random_bytes()?),
            }),
            (None, None) => return Err("an id or --base-model is missing".into()),
        };
        Ok(Registration {
            id,
            fields: self.fields.into(),
        })
    }
}

/// Warns before a fine-tuned model becomes public.
fn warn_of_fine_tuned(id: &RequestedId) {
    if let RequestedId::Named(id) = id
        && is_private_fine_tune(id.as_str())
    {
        print_message(&format!(
            "warning: `{id}` is the id of a fine-tuned model, and without --organization every organization sees it"
        ));
    }
}
