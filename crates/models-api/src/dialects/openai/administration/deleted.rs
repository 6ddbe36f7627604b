//! Confirmations of deletions.

use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// The confirmation that an admin key, a key or a service account is deleted.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedObject)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedObject<'a> {
    id: &'a str,
    #[schema(schema_with = schema::deleted)]
    object: &'static str,
    #[schema(schema_with = schema::always)]
    deleted: bool,
}

impl<'a> DeletedObject<'a> {
    pub(crate) fn admin_api_key(id: &'a str) -> Self {
        Self::of("organization.admin_api_key.deleted", id)
    }

    pub(crate) fn api_key(id: &'a str) -> Self {
        Self::of("organization.project.api_key.deleted", id)
    }

    pub(crate) fn service_account(id: &'a str) -> Self {
        Self::of("organization.project.service_account.deleted", id)
    }

    fn of(object: &'static str, id: &'a str) -> Self {
        Self {
            id,
            object,
            deleted: true,
        }
    }
}
