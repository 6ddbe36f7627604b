//! The fields that a request names.

use crate::model::{Model, ModelId, Scope, ShutdownDate};
use crate::text::Name;
use crate::text::entered::Entered;
use crate::time::Timestamp;

/// What a request does with a field that a model may lack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldUpdate<T> {
    /// The request does not name the field, which keeps its value.
    #[default]
    Keep,
    /// The model then lacks the field.
    Remove,
    /// The field then has this value.
    Set(T),
}

impl<T> FieldUpdate<T> {
    fn apply(self, value: Option<T>) -> Option<T> {
        match self {
            Self::Keep => value,
            Self::Remove => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// The fields of a model that a request names. A field that it does not name keeps its value, or
/// gets the default of a new model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedFields {
    /// The time of creation.
    pub created: Option<Timestamp>,
    /// The owner's display name.
    pub owned_by: Option<Entered<Name>>,
    /// The day on which the service of the model ends.
    pub shutdown_date: FieldUpdate<ShutdownDate>,
}

impl NamedFields {
    /// A new model with these fields. Without them, `owner` owns the model, and it is created `now`.
    #[must_use]
    pub fn create(&self, id: ModelId, scope: Scope, owner: Name, now: Timestamp) -> Model {
        self.update(&Model {
            id,
            scope,
            created: now,
            owned_by: owner,
            shutdown_date: None,
        })
    }

    /// The model with these fields.
    #[must_use]
    pub fn update(&self, model: &Model) -> Model {
        Model {
            id: model.id.clone(),
            scope: model.scope.clone(),
            created: self.created.unwrap_or(model.created),
            owned_by: self.owned_by.as_deref().unwrap_or(&model.owned_by).clone(),
            shutdown_date: self.shutdown_date.apply(model.shutdown_date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::model;

    #[test]
    fn only_named_fields_change() {
        assert_eq!(NamedFields::default().update(&model()), model());
        let fields = NamedFields {
            created: Some(Timestamp::from_seconds(5)),
            owned_by: "other".parse().ok(),
            shutdown_date: FieldUpdate::Set("2027-01-01".parse().expect("a day")),
        };
        let updated = Model {
            created: Timestamp::from_seconds(5),
            owned_by: "other".parse().expect("a name"),
            shutdown_date: "2027-01-01".parse().ok(),
            ..model()
        };
        assert_eq!(fields.update(&model()), updated);
        let without_date = NamedFields {
            shutdown_date: FieldUpdate::Remove,
            ..NamedFields::default()
        };
        assert_eq!(without_date.update(&updated).shutdown_date, None);
        assert_eq!(NamedFields::default().update(&updated), updated);
    }

    #[test]
    fn a_new_model_has_defaults() {
        let (id, scope, owner) = (model().id, model().scope, model().owned_by);
        let now = Timestamp::from_seconds(9);
        let new = NamedFields::default().create(id, scope, owner, now);
        let expected = Model {
            created: now,
            shutdown_date: None,
            ..model()
        };
        assert_eq!(new, expected);
    }
}
