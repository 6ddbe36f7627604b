//! The entries of an import.

use crate::model::{Model, ModelId, Scope, ShutdownDate};
use crate::text::Name;
use crate::text::entered::Entered;
use crate::time::Timestamp;

/// A model as an OpenAI-compatible server lists it. Not every server sends `created` or `owned_by`.
/// Other fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEntry {
    /// The model's id.
    pub id: Entered<ModelId>,
    /// The time of creation.
    pub created: Option<Timestamp>,
    /// The owner's display name.
    pub owned_by: Option<Entered<Name>>,
    /// The day on which the service of the model ends. `None` keeps a stored date: most servers
    /// write null for every model.
    pub shutdown_date: Option<ShutdownDate>,
}

/// An import of entries into one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The scope of the imported models.
    pub scope: Scope,
    /// The entries, in the order in which the import applies them.
    pub entries: Vec<ImportEntry>,
    /// The owner of a new model whose entry names none.
    pub default_owner: Name,
    /// Whether the import only reports and writes nothing.
    pub dry_run: bool,
}

impl ImportEntry {
    /// The model after the import of this entry. A field that the entry lacks keeps its value in
    /// `existing`; a new model gets `now` and the import's default owner.
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
    fn an_entry_without_fields_leaves_a_model_unchanged() {
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
    fn the_fields_of_an_entry_take_precedence() {
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
