//! The repositories that administration changes.

use std::sync::Arc;

use models_core::{
    AdminApiKeyRepository, ApiKeyRepository, OrganizationRepository, ProjectRepository,
    ServiceAccountRepository,
};

/// The repositories that administration changes.
#[derive(Clone)]
pub struct Administration {
    /// The organizations.
    pub organizations: Arc<dyn OrganizationRepository>,
    /// The projects and their policies.
    pub projects: Arc<dyn ProjectRepository>,
    /// The service accounts.
    pub service_accounts: Arc<dyn ServiceAccountRepository>,
    /// The API keys.
    pub api_keys: Arc<dyn ApiKeyRepository>,
    /// The admin API keys.
    pub admin_api_keys: Arc<dyn AdminApiKeyRepository>,
}
