//! Taking in the list of another catalog.

use std::time::Duration;

use crate::entered::Entered;
use crate::model::{Model, ModelId, Scope, ShutdownDate};
use crate::text::Name;
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

/// What an import changed, or what a dry run would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The models that did not exist, in the order of the entries.
    pub created: Vec<ModelId>,
    /// The models that differed, in the order of the entries.
    pub updated: Vec<UpdatedModel>,
    /// How many models were the same already.
    pub unchanged: usize,
    /// Of a dry run, these models, in the order of the entries; empty otherwise.
    pub left_alone: Vec<ModelId>,
    /// How long the import held the turn, and so kept every other change waiting. Zero for a dry run
    /// and for an import that changes nothing.
    pub turn: Duration,
}

/// A model that an import changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedModel {
    /// Its id.
    pub id: ModelId,
    /// What changed.
    pub fields: ChangedFields,
}

/// The fields in which two states of one model differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangedFields {
    /// `created`.
    pub created: bool,
    /// `owned_by`.
    pub owned_by: bool,
    /// `shutdown_date`.
    pub shutdown_date: bool,
}

impl ChangedFields {
    /// The difference between two states of one model.
    #[must_use]
    pub fn between(before: &Model, after: &Model) -> Self {
        // A new field of a model does not compile here until it is compared too.
        let Model {
            id: _,
            scope: _,
            created,
            owned_by,
            shutdown_date,
        } = before;
        Self {
            created: *created != after.created,
            owned_by: *owned_by != after.owned_by,
            shutdown_date: *shutdown_date != after.shutdown_date,
        }
    }

    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The names of the fields, as the model object spells them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (self.created, "created"),
            (self.owned_by, "owned_by"),
            (self.shutdown_date, "shutdown_date"),
        ]
        .into_iter()
        .filter_map(|(is_changed, name)| is_changed.then_some(name))
    }
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
    use crate::organization::OrganizationId;

    fn model() -> Model {
        Model {
            id: "a".parse().expect("an id"),
            scope: Scope::Organization(OrganizationId::from_uuid(uuid::Uuid::nil())),
            created: Timestamp::from_seconds(1),
            owned_by: "acme".parse().expect("a name"),
            shutdown_date: "2026-08-14".parse().ok(),
        }
    }

    fn import() -> Import {
        Import {
            scope: model().scope,
            entries: vec![],
            default_owner: "system".parse().expect("a name"),
            dry_run: false,
        }
    }

    #[test]
    fn the_fields_that_differ_are_named() {
        let names = |after: Model| {
            let fields = ChangedFields::between(&model(), &after);
            let names: Vec<_> = fields.names().collect();
            assert_eq!(fields.is_empty(), names.is_empty());
            names
        };
        assert_eq!(names(model()), [""; 0]);
        let created = Timestamp::from_seconds(2);
        let owned_by: Name = "other".parse().expect("a name");
        let with_created = Model { created, ..model() };
        assert_eq!(names(with_created), ["created"]);
        let with_owner = Model {
            owned_by: owned_by.clone(),
            ..model()
        };
        assert_eq!(names(with_owner), ["owned_by"]);
        let with_date = Model {
            shutdown_date: None,
            ..model()
        };
        assert_eq!(names(with_date), ["shutdown_date"]);
        let with_all = Model {
            created,
            owned_by,
            shutdown_date: None,
            ..model()
        };
        assert_eq!(names(with_all), ["created", "owned_by", "shutdown_date"]);
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
