//! The query parameters of the administration API in the document.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Required, Type};

/// The names of the parameters of the audit log, among the components.
pub(super) const OF_AUDIT_LOGS: [&str; 13] = [
    "limit",
    "after",
    "before",
    "event_types",
    "actor_ids",
    "actor_emails",
    "project_ids",
    "resource_ids",
    "effective_at.gt",
    "effective_at.gte",
    "effective_at.lt",
    "effective_at.lte",
    "tenant_only",
];

/// The query parameters, with their names among the components, in which brackets are not allowed.
pub(super) fn parameters() -> Vec<(&'static str, Parameter)> {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(100));
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let time = || ObjectBuilder::new().schema_type(Type::Integer);
    let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
    let among = |values: &[&str]| text().enum_values(Some(values.iter().copied()));
    let query = |name: &'static str, description, schema: ObjectBuilder| {
        (name, parameter(name, description, schema.into()))
    };
    let texts = |name: &'static str, description| {
        let list = ArrayBuilder::new().items(text());
        (
            name,
            parameter(&format!("{name}[]"), description, list.into()),
        )
    };
    let times = |name: &'static str, bound, description| {
        let parameter = parameter(
            &format!("effective_at[{bound}]"),
            description,
            time().into(),
        );
        (name, parameter)
    };
    vec![
        query("limit", "The most objects of the page. 0 means 20.", limit),
        query(
            "after",
            "The id of the last object of the page before. After an unknown id, the page is empty.",
            text(),
        ),
        query(
            "before",
            "The id of the object before which the page ends. Before an unknown id, the page is empty.",
            text(),
        ),
        query("order", "The order, by creation.", among(&["asc", "desc"])),
        query(
            "include_archived",
            "Whether to list archived projects too.",
            flag(),
        ),
        query(
            "owner_project_access",
            "All keys have the access `active`.",
            among(&["active", "inactive", "any"]),
        ),
        texts("event_types", "Types, such as `api_key.created`."),
        texts(
            "actor_ids",
            "Ids of API keys, admin API keys and service accounts.",
        ),
        texts(
            "actor_emails",
            "No actor has an email address, so each value selects no entry.",
        ),
        texts("project_ids", "Ids of projects."),
        texts("resource_ids", "Ids of what was changed."),
        times("effective_at.gt", "gt", "After this time, in Unix seconds."),
        times(
            "effective_at.gte",
            "gte",
            "At or after this time, in Unix seconds.",
        ),
        times(
            "effective_at.lt",
            "lt",
            "Before this time, in Unix seconds.",
        ),
        times(
            "effective_at.lte",
            "lte",
            "At or before this time, in Unix seconds.",
        ),
        query("tenant_only", "Has no effect.", flag()),
    ]
}

fn parameter(name: &str, description: &str, schema: Schema) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
