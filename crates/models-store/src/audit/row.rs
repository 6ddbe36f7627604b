//! Rows of the audit log.

use models_core::{AuditEntry, Invalid, RepositoryError, Revision};
use sqlx_macros::FromRow;

use crate::database::damaged;
use crate::events::context;
use crate::events::stored;

#[derive(FromRow)]
pub(super) struct AuditRow {
    revision: i64,
    occurred_at: i64,
    actor: String,
    #[sqlx(rename = "type")]
    kind: String,
    change: String,
    context: Option<String>,
    organization_id: Option<String>,
    subject_id: String,
    service_account_id: Option<String>,
    project_id: Option<String>,
    project_name: Option<String>,
}

impl AuditRow {
    /// The entry. The change of a newer version, and a damaged one, still has its kind, its actor and
    /// its time.
    pub(super) fn entry(self) -> Result<AuditEntry, RepositoryError> {
        let change = stored::read(&self.change).ok();
        let parsed = (|| {
            let project = match self.project_id.zip(self.project_name) {
                None => None,
                Some((id, name)) => Some((id.try_into()?, name.try_into()?)),
            };
            Ok(AuditEntry {
                revision: Revision(self.revision),
                at: self.occurred_at.try_into()?,
                organization_id: self.organization_id.map(TryInto::try_into).transpose()?,
                subject_id: self.subject_id,
                actor: self.actor.parse().ok(),
                service_account_id: self.service_account_id.map(TryInto::try_into).transpose()?,
                context: context::read(self.context.as_deref()),
                project,
                change: change.filter(|change| change.kind() == self.kind),
                kind: self.kind,
                policies: vec![],
            })
        })();
        parsed.map_err(|error: Invalid| damaged("events", error))
    }
}
