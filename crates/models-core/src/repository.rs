//! The repository traits: the contract of a store.
//!
//! A method is a transaction: it takes effect completely or not at all. Absent is `None`, a name
//! that is taken is [`RepositoryError::AlreadyExists`], and a store that cannot be reached is
//! [`RepositoryError::Unavailable`]. Each mutation appends its events to the log in the same
//! transaction. A mutation continues when its caller is dropped.

mod admin_api_keys;
mod administration;
mod api_keys;
mod audit;
mod counts;
mod credentials;
mod error;
mod events;
mod first_start;
mod lease;
mod models;
mod nodes;
mod organizations;
pub(crate) mod page;
mod projects;
mod registrations;
mod service_accounts;

pub use self::admin_api_keys::{AdminApiKeyRepository, ListedAdminApiKey};
pub use self::administration::{Administered, AdministrationRefusal, InsertionRefusal};
pub use self::api_keys::{ApiKeyRepository, ApiKeyUpdate, OwnedApiKey};
pub use self::audit::{AuditEntry, AuditQuery, AuditRepository};
pub use self::counts::{CatalogCounts, CountRepository};
pub use self::credentials::{Credential, CredentialRepository, KeyUses};
pub use self::error::{CommitInDoubt, RepositoryError};
pub use self::events::EventRepository;
pub use self::first_start::{FirstContents, FirstStartRepository};
pub use self::lease::LeaseRepository;
pub use self::models::{Attempt, Candidates, Deletion, ModelRepository, Progress};
pub use self::nodes::NodeRepository;
pub use self::organizations::OrganizationRepository;
pub use self::projects::ProjectRepository;
pub use self::registrations::{Condition, Registered, Registrant, RegistrationRepository};
pub use self::service_accounts::{ServiceAccountRepository, ServiceAccountUpdate};
