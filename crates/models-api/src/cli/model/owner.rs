//! The option that selects the owner of the models.

use clap::Args;
use models_core::{Model, ModelId, Organization, Slug};
use models_node::use_cases::models;

use crate::cli::catalog::find_owner;
use crate::cli::terminal::Failure;
use crate::store::Store;

#[derive(Args)]
pub(in crate::cli) struct Owner {
    /// Use the models of this organization instead of the public ones.
    #[arg(long, value_name = "SLUG")]
    pub(in crate::cli) organization: Option<Slug>,
}

impl Owner {
    /// Finds the organization; `None` for the public models.
    pub(super) async fn find(&self, store: &Store) -> Result<Option<Organization>, Failure> {
        find_owner(store, self.organization.as_ref()).await
    }

    /// All models of the owner.
    pub(super) async fn models(&self, store: &Store) -> Result<Vec<Model>, Failure> {
        let organization = self.find(store).await?;
        let scope = models::scope(organization.as_ref());
        Ok(store.models.list(&scope).await?)
    }
}

/// Finds a model of this owner. Fails if it does not exist.
pub(super) async fn find_model(
    store: &Store,
    organization: Option<&Organization>,
    id: &ModelId,
) -> Result<Model, Failure> {
    let scope = models::scope(organization);
    let found = store.models.find(&scope, id).await?;
    found.ok_or_else(|| missing(id, organization).into())
}

/// The text about a model that the owner does not have.
pub(super) fn missing(id: &ModelId, organization: Option<&Organization>) -> String {
    match organization {
        None => format!(
            "there is no public model `{id}`; for a model of an organization, add --organization SLUG"
        ),
        Some(organization) => format!(
            "the organization `{}` has no model `{id}` of its own",
            organization.slug
        ),
    }
}
