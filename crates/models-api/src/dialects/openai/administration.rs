//! The JSON objects of the administration API. Their fields have OpenAI's order.

pub(crate) mod admin_api_keys;
pub(crate) mod api_keys;
pub(crate) mod audit_logs;
pub(crate) mod body;
pub(crate) mod deleted;
pub(crate) mod list;
pub(crate) mod model_permissions;
mod owner;
pub(crate) mod projects;
pub(crate) mod schema;
pub(crate) mod service_accounts;
