//! Taking in the list of another catalog.

use crate::model::{Model, ModelId, Scope, ShutdownDate};
use crate::text::Name;
use crate::time::Timestamp;

/// A model as the list of an OpenAI-compatible server has it. Not every server says when a model
/// was created or whose it is; other fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEntry {
    /// The model's id.
    pub id: ModelId,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Who made it.
    pub owned_by: Option<Name>,
    /// The day from which it is no longer served. `None` leaves a date that was set otherwise: most
    /// servers write null for every model.
    pub shutdown_date: Option<ShutdownDate>,
}

/// What to import, and into which scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Whose the models are to be.
    pub scope: Scope,
    /// The models, in the order in which they are applied.
    pub entries: Vec<ImportEntry>,
    /// Who made a new model for which the entry does not say it.
    pub default_owner: Name,
    /// Only report what would happen.
    pub dry_run: bool,
}

/// What an import did, or would do: how many models of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Models that were not there.
    pub created: usize,
    /// Models that were different.
    pub updated: usize,
    /// Models that were the same already.
    pub unchanged: usize,
}

impl ImportEntry {
    /// The model that the entry describes. What it does not say stays as it is in `existing`, and
    /// is `now` and the import's default owner for a new one.
    #[must_use]
    pub fn resolve(&self, existing: Option<&Model>, import: &Import, now: Timestamp) -> Model {
        Model {
            id: self.id.clone(),
            scope: import.scope.clone(),
            created: self
                .created
                .or(existing.map(|model| model.created))
                .unwrap_or(now),
            owned_by: self
                .owned_by
                .as_ref()
                .or(existing.map(|model| &model.owned_by))
                .unwrap_or(&import.default_owner)
                .clone(),
            shutdown_date: self
                .shutdown_date
                .or(existing.and_then(|model| model.shutdown_date)),
        }
    }
}
