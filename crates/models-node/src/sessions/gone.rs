//! The sessions that events drop.

use std::collections::HashSet;

use models_core::{
    AdminApiKeyId, ApiKeyId, Change, Event, Organization, OrganizationId, ProjectId,
    ServiceAccountId,
};

use super::known::Known;
use super::session::Session;

/// The keys whose sessions events drop: by their ids, and by what they belong to.
#[derive(Default)]
pub(crate) struct Gone<'e> {
    keys: HashSet<&'e ApiKeyId>,
    admin_keys: HashSet<&'e AdminApiKeyId>,
    accounts: HashSet<&'e ServiceAccountId>,
    projects: HashSet<&'e ProjectId>,
    organizations: HashSet<&'e OrganizationId>,
}

impl<'e> Gone<'e> {
    /// The keys that these events touch; `None` if they touch none.
    pub(crate) fn of(events: &'e [Event]) -> Option<Self> {
        let mut gone = Self::default();
        let mut is_any = false;
        for event in events {
            is_any |= gone.add(&event.change);
        }
        is_any.then_some(gone)
    }

    /// Returns whether the change touches a key.
    fn add(&mut self, change: &'e Change) -> bool {
        match change {
            Change::OrganizationCreated(_)
            | Change::ProjectCreated { .. }
            | Change::ProjectUpdated { .. }
            | Change::ServiceAccountCreated(_)
            | Change::ModelCreated(_)
            | Change::ModelUpdated { .. }
            | Change::ModelDeleted(_)
            | Change::LeaseUpdated { .. }
            | Change::AuditPruned { .. } => return false,
            // A new key drops the entries for missing keys alone.
            Change::ApiKeyCreated(_) | Change::AdminApiKeyCreated(_) => {}
            Change::ApiKeyUpdated { after: key, .. } | Change::ApiKeyDeleted(key) => {
                self.keys.insert(&key.id);
            }
            Change::AdminApiKeyDeleted(key) => {
                self.admin_keys.insert(&key.id);
            }
            Change::ServiceAccountUpdated { after: account, .. }
            | Change::ServiceAccountDeleted(account) => {
                self.accounts.insert(&account.id);
            }
            Change::ProjectArchived { project, .. } => {
                self.projects.insert(&project.id);
            }
            Change::ModelPermissionsUpdated { project_id, .. } => {
                self.projects.insert(project_id);
            }
            Change::OrganizationUpdated { id, .. }
            | Change::OrganizationDeleted {
                organization: Organization { id, .. },
                ..
            } => {
                self.organizations.insert(id);
            }
        }
        true
    }

    /// Whether these events drop the entry. They drop all entries for missing keys.
    pub(super) fn has<S: Session>(&self, known: &Known<S>) -> bool {
        match known {
            Known::Key(key) => {
                let principal = key.session.principal();
                self.keys.contains(&principal.key_id)
                    || self.projects.contains(&principal.project_id)
                    || self.organizations.contains(&principal.organization_id)
                    || principal
                        .service_account_id
                        .as_ref()
                        .is_some_and(|account| self.accounts.contains(account))
            }
            Known::Admin(key) => {
                let administrator = &key.administrator;
                self.admin_keys.contains(&administrator.key_id)
                    || self.organizations.contains(&administrator.organization_id)
            }
            Known::Missing { .. } => true,
        }
    }
}
