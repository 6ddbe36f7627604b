//! How far views are, and what takes them further.

use models_core::{ModelId, Revision};

use crate::revision::RevisionToken;

/// The newest change that is in a view. All that came before is in it, and nothing that came after.
#[derive(Debug, Clone, Copy)]
pub struct Newest {
    /// Its revision.
    pub revision: Revision,
    /// What callers are told of it.
    pub token: RevisionToken,
}

/// Deletions of an organization's own models.
#[derive(Debug, Clone)]
pub struct Deletions {
    /// The last one.
    pub(super) newest: Newest,
    pub(super) ids: Vec<(Revision, ModelId)>,
}
