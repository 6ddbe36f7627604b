//! The schemas of fields that have few values.

use utoipa::openapi::{Object, ObjectBuilder, Type};

/// The schema of a text that has one of these values.
pub(crate) fn one_of(values: &[&str]) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(values.iter().copied())).build()
}

pub(super) fn always() -> Object {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    boolean.enum_values(Some([true])).build()
}

pub(super) fn admin_api_key() -> Object {
    one_of(&["organization.admin_api_key"])
}

pub(super) fn user() -> Object {
    one_of(&["organization.user"])
}

pub(super) fn user_type() -> Object {
    one_of(&["user"])
}

pub(super) fn owner_role() -> Object {
    one_of(&["owner"])
}

pub(super) fn project() -> Object {
    one_of(&["organization.project"])
}

pub(super) fn project_status() -> Object {
    one_of(&["active", "archived"])
}

pub(super) fn residency() -> Object {
    one_of(&["GLOBAL"])
}

pub(super) fn api_key() -> Object {
    one_of(&["organization.project.api_key"])
}

pub(super) fn actor_type() -> Object {
    one_of(&["api_key", "session"])
}

pub(super) fn access() -> Object {
    one_of(&["active", "inactive"])
}

pub(super) fn service_account_type() -> Object {
    one_of(&["service_account"])
}

pub(super) fn service_account() -> Object {
    one_of(&["organization.project.service_account"])
}

pub(super) fn service_account_key() -> Object {
    one_of(&["organization.project.service_account.api_key"])
}

pub(super) fn account_role() -> Object {
    one_of(&["owner", "member", "none"])
}

pub(super) fn assignable_role() -> Object {
    one_of(&["owner", "member"])
}

pub(super) fn model_permissions() -> Object {
    one_of(&["project.model_permissions"])
}

pub(super) fn deleted_model_permissions() -> Object {
    one_of(&["project.model_permissions.deleted"])
}

pub(super) fn mode() -> Object {
    one_of(&["allow_list", "deny_list"])
}

pub(super) fn deleted() -> Object {
    one_of(&[
        "organization.admin_api_key.deleted",
        "organization.project.api_key.deleted",
        "organization.project.service_account.deleted",
    ])
}
