//! The forms of entries on the command line.

use models_core::{Actor, AuditEntry};
use models_node::AuditIds;
use serde::Serialize;

use crate::dialects::openai::administration::audit_logs::{AuditLogObject, Reader};

/// The columns of the table.
pub(super) const HEADER: [&str; 6] = ["time", "type", "object", "project", "actor", "reason"];

/// The row of an entry.
pub(super) fn row(entry: &AuditEntry) -> [String; 6] {
    let absent = || "-".to_owned();
    let project = entry.project.as_ref();
    [
        entry.at.to_string(),
        entry.kind.clone(),
        entry.subject_id.clone(),
        project.map_or_else(absent, |(id, _)| id.to_string()),
        actor(entry),
        entry.context.reason.clone().unwrap_or_else(absent),
    ]
}

/// The name of the actor, and the user and the host of a command.
fn actor(entry: &AuditEntry) -> String {
    let name = entry.actor.as_ref();
    let name = name.map_or_else(|| "unknown".to_owned(), Actor::to_string);
    let context = &entry.context;
    let parts = [context.user.as_deref(), context.host.as_deref()];
    let place: Vec<&str> = parts.into_iter().flatten().collect();
    if place.is_empty() {
        name
    } else {
        format!("{name} {}", place.join("@"))
    }
}

/// An entry in JSON: as over HTTP, with the organization and the place in the whole log.
#[derive(Serialize)]
pub(super) struct EntryObject {
    #[serde(flatten)]
    entry: AuditLogObject,
    organization_id: Option<String>,
    revision: i64,
}

impl EntryObject {
    pub(super) fn new(ids: &AuditIds, entry: AuditEntry) -> Self {
        let organization_id = entry.organization_id.as_ref();
        let id = ids.id(organization_id, entry.revision);
        Self {
            organization_id: organization_id.map(ToString::to_string),
            revision: entry.revision.0,
            entry: AuditLogObject::new(id, entry, Reader::Operator),
        }
    }
}
