//! The owners of API keys.

use models_core::ServiceAccount;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// The service account that owns a key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountObject {
    id: String,
    name: String,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(schema_with = schema::account_role)]
    role: &'static str,
}

impl From<&ServiceAccount> for AccountObject {
    fn from(account: &ServiceAccount) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.to_string(),
            created_at: account.created_at.seconds(),
            role: account.role.as_str(),
        }
    }
}
