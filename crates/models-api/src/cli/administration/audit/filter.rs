//! The options that select entries of the audit log.

use std::num::NonZeroU32;

use clap::Args;
use models_core::{AuditQuery, OrganizationId, Slug, Timestamp};

use crate::cli::catalog::find_organization;
use crate::cli::terminal::Failure;
use crate::cli::time;
use crate::store::Store;

/// The most entries of a page.
pub(super) const PAGE: NonZeroU32 = NonZeroU32::new(1_000).expect("a constant above 0");

/// The entries to print. An option that is given several times selects the entries that match one of its values.
#[derive(Args)]
pub(super) struct Filter {
    /// Only the changes of this organization, and not those of public models or of the catalog.
    #[arg(long, value_name = "SLUG")]
    organization: Option<Slug>,
    /// Only changes of this type, such as `api_key.created`.
    #[arg(long = "type", value_name = "TYPE")]
    kinds: Vec<String>,
    /// Only changes by this key, admin key or service account, or by `command_line`.
    #[arg(long = "actor", value_name = "ID")]
    actor_ids: Vec<String>,
    /// Only changes that concern this project.
    #[arg(long = "project", value_name = "ID")]
    project_ids: Vec<String>,
    /// Only changes of the object with this id: a project, an account, a key, an organization or a model.
    #[arg(long = "resource", value_name = "ID")]
    resource_ids: Vec<String>,
    /// Only changes at this time or later: a date in UTC, or a date with a time and an offset.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<Timestamp>,
    /// Only changes before this time.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<Timestamp>,
}

impl Filter {
    /// The query for the newest of these entries.
    pub(super) async fn query(
        self,
        store: &Store,
        limit: NonZeroU32,
    ) -> Result<AuditQuery, Failure> {
        let organization_id = match &self.organization {
            Some(slug) => Some(find(slug, store).await?),
            None => None,
        };
        let newest = AuditQuery::newest(organization_id, limit);
        let chosen = |texts: Vec<String>| (!texts.is_empty()).then_some(texts);
        let first = self.since.map_or(*newest.at.start(), i64::from);
        let last = self
            .until
            .map_or(*newest.at.end(), |time| i64::from(time) - 1);
        Ok(AuditQuery {
            kinds: chosen(self.kinds),
            actor_ids: chosen(self.actor_ids),
            project_ids: chosen(self.project_ids),
            subject_ids: chosen(self.resource_ids),
            at: first..=last,
            ..newest
        })
    }
}

/// Finds the organization with this slug. The log of a deleted one stays.
async fn find(slug: &Slug, store: &Store) -> Result<OrganizationId, Failure> {
    match store.organizations.find_deleted(slug).await? {
        Some(id) => Ok(id),
        None => Ok(find_organization(store, slug).await?.id),
    }
}
