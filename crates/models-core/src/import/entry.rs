//! The entries of an import.

use crate::model::{Model, ModelId, Scope, ShutdownDate};
use crate::text::Name;
use crate::text::entered::Entered;
use crate::time::Timestamp;

/// A model as the list of an OpenAI-compatible server has it. Not every server says when a model
/// was created or whose it is; other fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEntry {
    /// The model's id.
    pub id: Entered<ModelId>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Who made it.
    pub owned_by: Option<Entered<Name>>,
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

impl ImportEntry {
    /// The model that the entry describes. What it does not say stays as it is in `existing`, and
    /// is `now` and the import's default owner for a new one.
    #[must_use]
    pub fn resolve(&self, existing: Option<&Model>, import: &Import, now: Timestamp) -> Model {
        Model {
            id: ModelId::clone(&self.id),
            scope: import.scope.clone(),
            created: self
                .created
                .or(existing.map(|model| model.created))
                .unwrap_or(now),
            owned_by: self
                .owned_by
                .as_deref()
                .or(existing.map(|model| &model.owned_by))
                .unwrap_or(&import.default_owner)
                .clone(),
            shutdown_date: self
                .shutdown_date
                .or(existing.and_then(|model| model.shutdown_date)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::model;

    fn import() -> Import {
        Import {
            scope: model().scope,
            entries: vec![],
            default_owner: "system".parse().expect("a name"),
            dry_run: false,
        }
    }

    #[test]
    fn an_entry_that_says_nothing_leaves_a_model_as_it_is() {
        let silent = ImportEntry {
            id: "a".parse().expect("an id"),
            created: None,
            owned_by: None,
            shutdown_date: None,
        };
        let now = Timestamp::from_seconds(9);
        assert_eq!(silent.resolve(Some(&model()), &import(), now), model());
        let new = Model {
            created: now,
            owned_by: import().default_owner,
            shutdown_date: None,
            ..model()
        };
        assert_eq!(silent.resolve(None, &import(), now), new);
    }

    #[test]
    fn what_an_entry_says_takes_precedence() {
        let entry = ImportEntry {
            id: "a".parse().expect("an id"),
            created: Some(Timestamp::from_seconds(5)),
            owned_by: "other".parse().ok(),
            shutdown_date: "2027-01-01".parse().ok(),
        };
        let expected = Model {
            created: Timestamp::from_seconds(5),
            owned_by: "other".parse().expect("a name"),
            shutdown_date: "2027-01-01".parse().ok(),
            ..model()
        };
        let now = Timestamp::from_seconds(9);
        for existing in [None, Some(&model())] {
            assert_eq!(entry.resolve(existing, &import(), now), expected);
        }
    }
}
