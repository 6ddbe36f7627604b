//! The repositories that the administration API uses.

use std::sync::Arc;

use models_core::{
    AdminApiKeyRepository, ApiKeyRepository, ProjectRepository, ServiceAccountRepository,
};

use crate::store::Store;

/// The repositories that the administration API uses.
#[derive(Clone)]
pub(crate) struct Repositories {
    pub(crate) projects: Arc<dyn ProjectRepository>,
    pub(crate) service_accounts: Arc<dyn ServiceAccountRepository>,
    pub(crate) api_keys: Arc<dyn ApiKeyRepository>,
    pub(crate) admin_api_keys: Arc<dyn AdminApiKeyRepository>,
}

impl From<&Store> for Repositories {
    fn from(store: &Store) -> Self {
        Self {
            projects: store.projects.clone(),
            service_accounts: store.service_accounts.clone(),
            api_keys: store.api_keys.clone(),
            admin_api_keys: store.admin_api_keys.clone(),
        }
    }
}
