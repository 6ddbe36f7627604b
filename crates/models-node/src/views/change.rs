//! The revision of a view, and the changes that events make to it.

use models_core::{ModelId, Revision};

use crate::revision::RevisionToken;

/// The newest change that a view contains. The view contains all changes before it, and none after it.
#[derive(Debug, Clone, Copy)]
pub struct Newest {
    /// Its revision.
    pub revision: Revision,
    /// The token that clients get for the revision.
    pub token: RevisionToken,
}

/// Deletions of models of one organization.
#[derive(Debug, Clone)]
pub struct Deletions {
    /// The last deletion.
    pub(super) newest: Newest,
    pub(super) ids: Vec<(Revision, ModelId)>,
}
