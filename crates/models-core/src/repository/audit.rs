//! The repository of the audit log.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::page::{Order, Page};
use crate::event::{Actor, Change, Context, Origin, Revision};
use crate::organization::OrganizationId;
use crate::policy::Policy;
use crate::project::ProjectId;
use crate::service_account::ServiceAccountId;
use crate::text::Name;
use crate::time::Timestamp;

/// An event as the audit log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The catalog's revision after the change.
    pub revision: Revision,
    /// The time.
    pub at: Timestamp,
    /// The kind of change, such as `model.deleted`.
    pub kind: String,
    /// The organization that the change belongs to. `None` if it concerns all organizations.
    pub organization_id: Option<OrganizationId>,
    /// The id of what was changed.
    pub subject_id: String,
    /// The actor; `None` if a newer version wrote the event with an actor of an unknown kind.
    pub actor: Option<Actor>,
    /// The service account that owns the actor's key.
    pub service_account_id: Option<ServiceAccountId>,
    /// The circumstances.
    pub context: Context,
    /// The project that the change concerns, with its present name. It is the project of the actor's
    /// key if the change itself concerns none, and the default project if the actor is an admin key.
    pub project: Option<(ProjectId, Name)>,
    /// The change; `None` if a newer version wrote it, or if it is damaged.
    pub change: Option<Change>,
    /// The policies that the change names, if they have at most [`AuditEntry::LISTED`] entries.
    pub policies: Vec<Arc<Policy>>,
}

impl AuditEntry {
    /// The most entries of a policy that an entry holds. A longer policy has only its reference, so that
    /// a page stays small.
    pub const LISTED: u32 = 100;
}

/// The entries of the audit log to read. Each list selects the entries that match one of its texts;
/// `None` selects all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// The organization whose events to read. `None` reads all events, also those of public models
    /// and of the catalog: only the operator may do so.
    pub organization_id: Option<OrganizationId>,
    /// The kinds of change.
    pub kinds: Option<Vec<String>>,
    /// The ids of keys, admin keys and service accounts that made the change. The names
    /// `command_line` and `first_start` also select their changes.
    pub actor_ids: Option<Vec<String>>,
    /// The ids of projects.
    pub project_ids: Option<Vec<String>>,
    /// The ids of what was changed.
    pub subject_ids: Option<Vec<String>>,
    /// The times, in Unix seconds.
    pub at: RangeInclusive<i64>,
    /// Only entries after this revision.
    pub newer_than: Option<Revision>,
    /// Only entries before this revision.
    pub older_than: Option<Revision>,
    /// The most entries of the page.
    pub limit: NonZeroU32,
    /// The order by revision.
    pub order: Order,
}

impl AuditQuery {
    /// The newest entries of this organization, or of the whole catalog.
    #[must_use]
    pub fn newest(organization_id: Option<OrganizationId>, limit: NonZeroU32) -> Self {
        Self {
            organization_id,
            kinds: None,
            actor_ids: None,
            project_ids: None,
            subject_ids: None,
            at: 0..=u32::MAX.into(),
            newer_than: None,
            older_than: None,
            limit,
            order: Order::Descending,
        }
    }
}

/// The repository of the audit log: the event log as administrators see it.
#[async_trait]
pub trait AuditRepository: Send + Sync {
    /// A page of the entries that the query selects. The cursor is the revision of the page's last
    /// entry.
    async fn list(&self, query: AuditQuery) -> Result<Page<AuditEntry, Revision>, RepositoryError>;

    /// Removes the events at the beginning of the log that are older than this time, and records the
    /// removal. Returns how many events are gone. The first event that is not older ends the
    /// removal, so the rest of the log has no gaps.
    ///
    /// Events younger than an hour by the origin's time stay, and so do events that a node may not
    /// have applied. The record names the time that took effect. If there is nothing to remove,
    /// nothing is recorded.
    async fn prune(&self, before: Timestamp, origin: Origin) -> Result<u64, RepositoryError>;
}
