//! `model search`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use models_core::{Model, Organization, Slug};
use models_node::use_cases::models;
use serde::Serialize;

use crate::cli::catalog::find_organization;
use crate::cli::limit::Limit;
use crate::cli::terminal::{Failure, Output};
use crate::dialects::openai::objects::ModelObject;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api model search mini
  models-api model search weather --organization acme --json";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Search {
    /// A part of the ids to find, in upper or lower case.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    text: String,
    /// Search the models of this organization alone.
    #[arg(long, value_name = "SLUG")]
    organization: Option<Slug>,
    #[command(flatten)]
    limit: Limit,
}

/// A found model, and its organization.
struct Found {
    model: Model,
    /// `None` for a public model.
    organization: Option<Slug>,
}

#[derive(Serialize)]
struct FoundObject<'a> {
    #[serde(flatten)]
    model: ModelObject<'a>,
    organization: Option<&'a Slug>,
}

impl Search {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let text = self.text.to_lowercase();
        let mut found = vec![];
        for organization in self.owners(store).await? {
            let scope = models::scope(organization.as_ref());
            let listed = store.models.list(&scope).await?.into_iter();
            let slug = organization.map(|organization| organization.slug);
            let matches = listed.filter(|model| model.id.as_str().to_lowercase().contains(&text));
            found.extend(matches.map(|model| Found {
                model,
                organization: slug.clone(),
            }));
        }
        self.limit.truncate(&mut found);
        output.list_as(
            ["id", "organization", "created", "owned by"],
            &found,
            |found| FoundObject {
                model: ModelObject::from(&found.model),
                organization: found.organization.as_ref(),
            },
            |Found {
                 model,
                 organization,
             }| {
                [
                    model.id.to_string(),
                    organization
                        .as_ref()
                        .map_or_else(|| "-".to_owned(), Slug::to_string),
                    model.created.to_string(),
                    model.owned_by.to_string(),
                ]
            },
        )
    }

    /// The owners of the searched models. `None` owns the public models, which come first.
    async fn owners(&self, store: &Store) -> Result<Vec<Option<Organization>>, Failure> {
        if let Some(slug) = &self.organization {
            return Ok(vec![Some(find_organization(store, slug).await?)]);
        }
        let organizations = store.organizations.list().await?;
        let owners = organizations.into_iter().map(Some);
        Ok(std::iter::once(None).chain(owners).collect())
    }
}
