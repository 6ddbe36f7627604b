//! The model catalog: organizations, their keys, models, and the visibility decision.
//!
//! This crate does not know SQL, HTTP, clocks or the environment. Time and randomness are
//! arguments, and the repository traits define the contract of a store. Constructors check every
//! value, so a value of a type is always valid.

#![warn(missing_docs)]

mod admin_api_key;
mod api_key;
mod event;
mod import;
mod model;
mod node;
mod organization;
mod permission;
mod policy;
mod project;
mod registration;
mod repository;
mod service_account;
mod text;
mod time;
pub mod visibility;

pub use admin_api_key::{AdminAccess, AdminApiKey, AdminApiKeyId, Administrator};
pub use api_key::{
    ApiKey, ApiKeyId, KeyAccess, KeyDigest, KeyRejection, ListedApiKey, Principal, Secret,
    Suspension, Validity,
};
pub use event::{
    Actor, Change, Context, Epoch, Event, Level, LogEntry, Origin, Position, Revision, Snapshot,
};
pub use import::{
    ChangedFields, Import, ImportEntry, ImportReport, Plan, PlannedStep, UpdatedModel,
};
pub use model::{Model, ModelId, Scope, ShutdownDate, is_private_fine_tune};
pub use node::{
    Barrier, CLOCK_MARGIN, CatalogState, Committed, Follower, Leases, NodeRow, Renewal,
};
pub use organization::{
    Organization, OrganizationContents, OrganizationId, OrganizationPolicies, OrganizationSettings,
    OrganizationState, OrganizationUpdate, Slug,
};
pub use permission::{AccountRole, Permission, Permissions, Role, Scopes};
pub use policy::{Policies, Policy, PolicyDigest, PolicyEntry, PolicyMode, PolicyReference};
pub use project::{DefaultProject, Project, ProjectId};
pub use registration::{
    FieldUpdate, Mint, NamedFields, RandomPart, Registration, RequestedId, Suffix,
};
pub use repository::page::{Order, Page, PageRequest};
pub use repository::{
    AdminApiKeyRepository, Administered, AdministrationRefusal, ApiKeyRepository, ApiKeyUpdate,
    Attempt, AuditEntry, AuditQuery, AuditRepository, Candidates, CatalogCounts, CommitInDoubt,
    Condition, CountRepository, Credential, CredentialRepository, Deletion, EventRepository,
    FirstContents, FirstStartRepository, InsertionRefusal, KeyUses, LeaseRepository,
    ListedAdminApiKey, ModelRepository, NodeRepository, OrganizationRepository, OwnedApiKey,
    Progress, ProjectRepository, Registered, Registrant, RegistrationRepository, RepositoryError,
    ServiceAccountRepository, ServiceAccountUpdate,
};
pub use service_account::{ServiceAccount, ServiceAccountId};
pub use text::entered::Entered;
pub use text::{Invalid, Name, Outside, is_id, mask};
pub use time::{Occasionally, Timestamp};
pub use visibility::{Audience, DeletionRefusal, Hidden, RegistrationRefusal};
