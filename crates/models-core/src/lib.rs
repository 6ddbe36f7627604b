//! The model catalog: organizations, their keys, models, and the visibility decision.
//!
//! This crate does not know SQL, HTTP, clocks or the environment. Time and randomness are
//! arguments, and the repository traits define the contract of a store. Constructors check every
//! value, so a value of a type is always valid.

#![warn(missing_docs)]

mod api_key;
mod event;
mod import;
mod model;
mod node;
mod organization;
mod project;
mod repository;
mod text;
mod time;
pub mod visibility;

pub use api_key::{
    ApiKey, ApiKeyId, KeyDigest, KeyRejection, ListedApiKey, Principal, Role, Secret, Validity,
};
pub use event::{
    Actor, Change, Epoch, Event, Level, LogEntry, Origin, Position, Revision, Snapshot,
};
pub use import::{
    ChangedFields, Import, ImportEntry, ImportReport, Plan, PlannedStep, UpdatedModel,
};
pub use model::{Model, ModelId, Scope, ShutdownDate, is_private_fine_tune};
pub use node::{
    Barrier, CLOCK_MARGIN, CatalogState, Committed, Follower, Leases, NodeRow, Renewal,
};
pub use organization::{Organization, OrganizationId, Slug};
pub use project::{Project, ProjectId};
pub use repository::page::Page;
pub use repository::{
    ApiKeyRepository, Attempt, Candidates, CommitInDoubt, Deletion, EventRepository, FirstContents,
    FirstStartRepository, LeaseRepository, ModelRepository, NodeRepository, OrganizationRepository,
    Progress, RepositoryError,
};
pub use text::entered::Entered;
pub use text::{Invalid, Name, Outside, mask};
pub use time::{Occasionally, Timestamp};
pub use visibility::{Audience, DeletionRefusal, Hidden};
