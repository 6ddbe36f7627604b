//! The administration of organizations: projects, policies, service accounts and keys.

pub mod admin_keys;
mod barriers;
pub mod organization_deletions;
pub mod policies;
pub mod project_keys;
pub mod project_pages;
pub mod projects;
pub mod service_accounts;
pub mod settings;
pub mod tenants;
mod upgrade;
