//! The values of changes. They have neither secrets nor digests of secrets.

use std::sync::Arc;

use models_core::{
    AdminApiKey, ApiKey, AuditEntry, Change, Model, Organization, OrganizationContents,
    OrganizationState, Policy, PolicyReference, Project, Scopes, ServiceAccount, ServiceAccountId,
    Timestamp,
};
use serde_json::{Map, Value, json};

use super::Reader;

/// The values of the changed object. A new object has no values before the change, and a deleted or revoked object has none
/// after it.
#[derive(Default)]
pub(super) struct Values {
    pub(super) before: Option<Map<String, Value>>,
    pub(super) after: Option<Map<String, Value>>,
}

impl Values {
    pub(super) fn of(change: &Change, policies: &[Arc<Policy>], reader: Reader) -> Self {
        let policy = |reference: PolicyReference| policy(reference, policies);
        match change {
            Change::OrganizationCreated(organization) => created(self::organization(organization)),
            Change::OrganizationUpdated { before, after, .. } => {
                let settings = |state| settings(state, policies, reader);
                updated(settings(before), settings(after))
            }
            Change::OrganizationDeleted {
                organization,
                removed,
            } => deleted(removed_organization(organization, removed)),
            Change::ProjectCreated { project, .. } => created(self::project(project)),
            Change::ProjectUpdated { before, after, .. } => {
                updated(project(before), project(after))
            }
            Change::ProjectArchived { project, .. } => {
                let active = Project {
                    archived_at: None,
                    ..project.clone()
                };
                updated(self::project(&active), self::project(project))
            }
            Change::ModelPermissionsUpdated { before, after, .. } => Self {
                before: before.map(policy),
                after: after.map(policy),
            },
            Change::ServiceAccountCreated(account) => created(self::account(account)),
            Change::ServiceAccountUpdated { before, after } => {
                updated(account(before), account(after))
            }
            Change::ServiceAccountDeleted(account) => deleted(self::account(account)),
            Change::ApiKeyCreated(key) => created(self::key(key)),
            Change::ApiKeyUpdated { before, after } => updated(key(before), key(after)),
            Change::ApiKeyDeleted(key) => deleted(self::key(key)),
            Change::AdminApiKeyCreated(key) => created(admin_key(key)),
            Change::AdminApiKeyDeleted(key) => deleted(admin_key(key)),
            Change::ModelCreated(model) => created(self::model(model)),
            Change::ModelUpdated { before, after } => updated(model(before), model(after)),
            Change::ModelDeleted(model) => deleted(self::model(model)),
            Change::LeaseUpdated {
                before_seconds,
                after_seconds,
            } => Self {
                before: before_seconds.map(|seconds| object(json!({ "seconds": seconds }))),
                after: Some(object(json!({ "seconds": after_seconds }))),
            },
            Change::AuditPruned { before } => created(json!({ "before": before.seconds() })),
        }
    }
}

fn created(after: Value) -> Values {
    Values {
        before: None,
        after: Some(object(after)),
    }
}

fn updated(before: Value, after: Value) -> Values {
    Values {
        before: Some(object(before)),
        after: Some(object(after)),
    }
}

fn deleted(before: Value) -> Values {
    Values {
        before: Some(object(before)),
        after: None,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn organization(organization: &Organization) -> Value {
    json!({ "slug": organization.slug.as_str(), "name": organization.name.as_str() })
}

/// The organization, and the numbers of the objects that were removed with it.
fn removed_organization(organization: &Organization, removed: &OrganizationContents) -> Value {
    json!({
        "slug": organization.slug.as_str(),
        "name": organization.name.as_str(),
        "api_keys": removed.api_keys,
        "admin_api_keys": removed.admin_api_keys,
        "projects": removed.projects,
        "service_accounts": removed.service_accounts,
        "models": removed.models,
    })
}

/// The settings. Even a digest of a policy would let an administrator try ids of hidden models.
fn settings(state: &OrganizationState, policies: &[Arc<Policy>], reader: Reader) -> Value {
    let policy = |reference: PolicyReference| match reader {
        Reader::Operator => policy(reference, policies),
        Reader::Administrator => {
            object(json!({ "mode": reference.mode.as_str(), "entries": reference.entries }))
        }
    };
    json!({
        "name": state.name.as_str(),
        "disabled_at": state.disabled_at.map(Timestamp::seconds),
        "public_models": state.public_models.map(policy),
        "new_projects": state.new_projects.map(policy),
    })
}

fn project(project: &Project) -> Value {
    json!({
        "name": project.name.as_str(),
        "archived_at": project.archived_at.map(Timestamp::seconds),
    })
}

/// A policy with its ids and patterns, or a long one with their number and its SHA-256.
fn policy(reference: PolicyReference, policies: &[Arc<Policy>]) -> Map<String, Value> {
    let mut policies = policies.iter();
    let mode = reference.mode.as_str();
    object(
        match policies.find(|policy| policy.digest() == reference.digest) {
            Some(policy) => {
                json!({ "mode": mode, "model_ids": policy.entries().collect::<Vec<_>>() })
            }
            None => {
                json!({ "mode": mode, "entries": reference.entries, "sha256": reference.digest.to_hex() })
            }
        },
    )
}

fn account(account: &ServiceAccount) -> Value {
    json!({ "name": account.name.as_str(), "role": account.role.as_str() })
}

/// No scopes restrict nothing.
fn key(key: &ApiKey) -> Value {
    let scopes = key.scopes.iter().flat_map(Scopes::iter);
    json!({
        "name": key.name.as_str(),
        "service_account_id": key.service_account_id.as_ref().map(ServiceAccountId::as_str),
        "role": key.role.as_str(),
        "scopes": scopes.collect::<Vec<_>>(),
        "redacted_value": key.redacted_value,
        "expires_at": key.expires_at.map(Timestamp::seconds),
    })
}

fn admin_key(key: &AdminApiKey) -> Value {
    json!({
        "name": key.name.as_str(),
        "redacted_value": key.redacted_value,
        "expires_at": key.expires_at.map(Timestamp::seconds),
    })
}

fn model(model: &Model) -> Value {
    json!({
        "created": model.created.seconds(),
        "owned_by": model.owned_by.as_str(),
        "shutdown_date": model.shutdown_date.map(String::from),
    })
}

/// The details in OpenAI's form: `data` of something new, and the changed fields of an update as `changes_requested`.
pub(super) fn details(
    entry: &AuditEntry,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let mut details = object(json!({ "id": entry.subject_id }));
    let Some(after) = after else {
        return details;
    };
    if entry.kind.ends_with(".created") {
        details.insert("data".to_owned(), titled(&entry.kind, after.clone()).into());
    } else if entry.kind.ends_with(".updated") {
        let is_new = |(field, value): &(&String, &Value)| {
            before.and_then(|before| before.get(*field)) != Some(value)
        };
        let changes = after.iter().filter(is_new);
        let changes = changes.map(|(field, value)| (field.clone(), value.clone()));
        let mut changes = titled(&entry.kind, changes.collect());
        if let Some(lifetime) = lifetime(entry, &changes) {
            changes.insert("expires_in_seconds".to_owned(), lifetime.into());
        }
        details.insert("changes_requested".to_owned(), changes.into());
    }
    details
}

/// OpenAI's log calls the name of a project and of an organization `title` too.
fn titled(kind: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    let is_titled = kind.starts_with("project.") || kind.starts_with("organization.");
    if let Some(name) = fields.get("name").filter(|_| is_titled).cloned() {
        fields.insert("title".to_owned(), name);
    }
    fields
}

/// The lifetime that an update of a key requested, in seconds.
fn lifetime(entry: &AuditEntry, changes: &Map<String, Value>) -> Option<i64> {
    let expires_at = changes.get("expires_at")?.as_i64()?;
    Some(expires_at - i64::from(entry.at))
}
