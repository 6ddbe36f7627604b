//! Entries of the audit log.

mod actor;
mod change;

use models_core::{AuditEntry, Name, ProjectId};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::actor::ActorObject;
use self::change::Values;
use super::list::Identified;

/// An entry of the audit log. The field with the name of its type has the details in OpenAI's form; `before` and `after` have
/// the values of the changed object.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLog)]
pub(crate) struct AuditLogObject {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    /// Unix seconds.
    #[schema(value_type = i64, minimum = 0)]
    effective_at: u32,
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<AuditedProjectObject>,
    #[schema(inline)]
    actor: ActorObject,
    /// The id of the request that made the change.
    #[schema(required)]
    request_id: Option<String>,
    /// The address of the client.
    #[schema(required)]
    ip_address: Option<String>,
    /// The operator's reason.
    #[schema(required)]
    reason: Option<String>,
    /// The values before the change; null for something new.
    #[schema(required, value_type = Option<Object>)]
    before: Option<Map<String, Value>>,
    /// The values after the change; null for something deleted or revoked.
    #[schema(required, value_type = Option<Object>)]
    after: Option<Map<String, Value>>,
    #[serde(flatten)]
    details: Map<String, Value>,
}

/// The project that a change concerns, with its present name.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuditedProjectObject {
    id: String,
    name: String,
}

impl From<(ProjectId, Name)> for AuditedProjectObject {
    fn from((id, name): (ProjectId, Name)) -> Self {
        Self {
            id: id.to_string(),
            name: name.to_string(),
        }
    }
}

/// The reader of an entry.
#[derive(Clone, Copy)]
pub(crate) enum Reader {
    Operator,
    /// Does not see which public models the operator hides from the organization.
    Administrator,
}

impl AuditLogObject {
    /// The object of an entry that has this id for clients.
    pub(crate) fn new(id: String, entry: AuditEntry, reader: Reader) -> Self {
        let actor = ActorObject::from(&entry);
        let Values { before, after } = entry
            .change
            .as_ref()
            .map_or_else(Values::default, |change| {
                Values::of(change, &entry.policies, reader)
            });
        let details = change::details(&entry, before.as_ref(), after.as_ref());
        Self {
            id,
            effective_at: entry.at.seconds(),
            project: entry.project.map(AuditedProjectObject::from),
            actor,
            request_id: entry.context.request_id,
            ip_address: entry
                .context
                .client_address
                .map(|address| address.to_string()),
            reason: entry.context.reason,
            before,
            after,
            details: Map::from_iter([(entry.kind.clone(), details.into())]),
            kind: entry.kind,
        }
    }
}

impl Identified for AuditLogObject {
    fn id(&self) -> &str {
        &self.id
    }
}
