//! The outcomes of administrative changes.

use super::error::RepositoryError;
use crate::api_key::KeyRejection;

/// Why an administrative change is refused. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdministrationRefusal {
    /// The admin key that makes the change is revoked or expired, or its organization is disabled.
    Key(KeyRejection),
    /// The organization has no such project, service account or key. One that belongs to another
    /// organization gives the same refusal.
    NotFound,
    /// The project is archived, and an archived project cannot be changed.
    Archived,
    /// The default project cannot be renamed or archived.
    DefaultProject,
    /// The key to change is revoked or has expired.
    InvalidKey,
}

/// Why one of several insertions is refused. None of them is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertionRefusal {
    /// An id or a secret is taken.
    AlreadyExists,
    /// The owner of the new object does not exist or cannot be changed.
    Refused(AdministrationRefusal),
}

/// The result of an administrative change. The transaction reads the admin key of the origin, so a
/// revoked admin key changes nothing, however recent the revocation. The change returns once all
/// nodes enforce it.
pub type Administered<T> = Result<Result<T, AdministrationRefusal>, RepositoryError>;
