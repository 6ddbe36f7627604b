//! The fields in which models differ.

use crate::model::Model;

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
        // The pattern has no `..`, so that a new field does not compile until it is compared too.
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

    /// Whether the two states are equal.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::model;
    use crate::text::Name;
    use crate::time::Timestamp;

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
}
