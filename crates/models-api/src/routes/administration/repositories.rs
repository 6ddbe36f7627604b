//! The repositories that the administration API uses.

use std::sync::Arc;

use models_core::{
    AdminApiKeyRepository, ApiKeyRepository, AuditRepository, EventRepository, ProjectRepository,
    RegistrationRepository, ServiceAccountRepository,
};
use models_node::AuditIds;

use crate::store::Store;

/// The repositories that the administration API uses.
#[derive(Clone)]
pub(crate) struct Repositories {
    pub(crate) projects: Arc<dyn ProjectRepository>,
    pub(crate) service_accounts: Arc<dyn ServiceAccountRepository>,
    pub(crate) api_keys: Arc<dyn ApiKeyRepository>,
    pub(crate) admin_api_keys: Arc<dyn AdminApiKeyRepository>,
    pub(crate) registrations: Arc<dyn RegistrationRepository>,
    pub(crate) audit: Arc<dyn AuditRepository>,
    /// The ids of the audit log's entries.
    pub(crate) audit_ids: Arc<AuditIds>,
    pub(crate) events: Arc<dyn EventRepository>,
}

impl Repositories {
    pub(crate) fn new(store: &Store, token_secret: [u8; 16]) -> Self {
        Self {
            projects: store.projects.clone(),
            service_accounts: store.service_accounts.clone(),
            api_keys: store.api_keys.clone(),
            admin_api_keys: store.admin_api_keys.clone(),
            registrations: store.registrations.clone(),
            audit: store.audit.clone(),
            audit_ids: Arc::new(AuditIds::new(token_secret)),
            events: store.events.clone(),
        }
    }
}
