//! What a model catalog is: organizations, their keys, models, and the one decision about who may
//! see which.
//!
//! Nothing here knows SQL, HTTP, a clock or the environment: time and randomness are arguments, and
//! the repository traits say what a store must promise. Every type is checked where it is made and
//! cannot hold a bad value.

#![warn(missing_docs)]

mod fine_tune;
mod invisible;
mod text;

pub mod api_key;
pub mod consistency;
pub mod entered;
pub mod event;
pub mod import;
pub mod mask;
pub mod model;
pub mod organization;
pub mod repository;
pub mod role;
pub mod secret;
pub mod time;
pub mod visibility;

pub use api_key::{ApiKey, ApiKeyId, KeyRejection, ListedApiKey, Validity};
pub use consistency::{Epoch, Follower, Leases, Level, Position, Snapshot};
pub use entered::Entered;
pub use event::{Actor, Change, Event, LogEntry, Origin, Revision};
pub use fine_tune::is_private_fine_tune;
pub use import::{ChangedFields, Import, ImportEntry, ImportReport, UpdatedModel};
pub use mask::{Outside, mask};
pub use model::{Model, ModelId, Scope, ShutdownDate};
pub use organization::{Organization, OrganizationId, Project, ProjectId, Slug};
pub use repository::{
    ApiKeyRepository, Attempt, Candidates, CommitInDoubt, Deletion, EventRepository, FirstContents,
    FirstStartRepository, LeaseRepository, ModelRepository, OrganizationRepository, Progress,
    RepositoryError,
};
pub use role::Role;
pub use secret::{KeyDigest, Secret};
pub use text::{Invalid, Name};
pub use time::Timestamp;
pub use visibility::{DeletionRefusal, Hidden, Principal};
