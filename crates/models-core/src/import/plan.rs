//! The plan of an import.

use std::time::Duration;

use super::changed_fields::ChangedFields;
use super::entry::Import;
use super::report::{ImportReport, UpdatedModel};
use crate::event::Change;
use crate::model::Model;

/// The effect of one entry on its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedStep {
    /// The model does not exist, and the import creates it.
    Create,
    /// The model differs in these fields, and the import updates it.
    Update(ChangedFields),
    /// The model already equals the entry.
    Unchanged,
}

impl PlannedStep {
    /// Compares the stored model, if there is one, with the model after the import. Returns the
    /// step and the change that it records. Both models have the same id and scope.
    #[must_use]
    pub fn between(before: Option<&Model>, after: &Model) -> (Self, Option<Change>) {
        let Some(before) = before else {
            return (Self::Create, Some(Change::ModelCreated(after.clone())));
        };
        let fields = ChangedFields::between(before, after);
        if fields.is_empty() {
            return (Self::Unchanged, None);
        }
        let change = Change::ModelUpdated {
            before: before.clone(),
            after: after.clone(),
        };
        (Self::Update(fields), Some(change))
    }

    /// Whether the step changes a model.
    #[must_use]
    pub fn is_change(self) -> bool {
        self != Self::Unchanged
    }
}

/// The steps of an import, one for each entry. Planning compares the entries with the stored
/// models; the import writes only if these are still the same. A dry run ends with the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps of the entries compared so far.
    steps: Vec<PlannedStep>,
    /// The number of steps that change a model.
    changes: usize,
}

impl Plan {
    /// Sets the step of the entry at `position`. A position past the end appends the step.
    pub fn set(&mut self, position: usize, step: PlannedStep) {
        match self.steps.get_mut(position) {
            None => self.steps.push(step),
            Some(planned) => {
                self.changes -= usize::from(planned.is_change());
                *planned = step;
            }
        }
        self.changes += usize::from(step.is_change());
    }

    /// The number of models that the plan changes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Makes the report of this import, which held the turn for `turn`. It consumes the import
    /// because an import can have a million ids.
    #[must_use]
    pub fn report(&self, import: Import, turn: Duration) -> ImportReport {
        let mut report = ImportReport {
            turn,
            ..ImportReport::default()
        };
        for (entry, step) in import.entries.into_iter().zip(&self.steps) {
            let id = entry.id.into_inner();
            match step {
                PlannedStep::Create => report.created.push(id),
                PlannedStep::Update(fields) => report.updated.push(UpdatedModel {
                    id,
                    fields: *fields,
                }),
                PlannedStep::Unchanged => {
                    report.unchanged += 1;
                    if import.dry_run {
                        report.left_alone.push(id);
                    }
                }
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportEntry;
    use crate::model::Scope;
    use crate::time::Timestamp;

    const FIELDS: ChangedFields = ChangedFields {
        created: true,
        owned_by: false,
        shutdown_date: false,
    };

    fn model(created: u32) -> Model {
        Model {
            id: "a".parse().expect("an id"),
            scope: Scope::Public,
            created: Timestamp::from_seconds(created),
            owned_by: "acme".parse().expect("a name"),
            shutdown_date: None,
        }
    }

    fn import(ids: &[&str], dry_run: bool) -> Import {
        let entry = |id: &&str| ImportEntry {
            id: id.parse().expect("an id"),
            created: None,
            owned_by: None,
            shutdown_date: None,
        };
        Import {
            scope: Scope::Public,
            entries: ids.iter().map(entry).collect(),
            default_owner: "system".parse().expect("a name"),
            dry_run,
        }
    }

    #[test]
    fn a_step_is_the_difference_of_two_states() {
        let created = PlannedStep::between(None, &model(1));
        let change = Change::ModelCreated(model(1));
        assert_eq!(created, (PlannedStep::Create, Some(change)));
        let same = PlannedStep::between(Some(&model(1)), &model(1));
        assert_eq!(same, (PlannedStep::Unchanged, None));
        let updated = PlannedStep::between(Some(&model(1)), &model(2));
        let change = Change::ModelUpdated {
            before: model(1),
            after: model(2),
        };
        assert_eq!(updated, (PlannedStep::Update(FIELDS), Some(change)));
    }

    #[test]
    fn a_step_that_is_set_again_is_counted_once() {
        let mut plan = Plan::default();
        assert_eq!(plan.changes(), 0);
        for (position, step) in [
            PlannedStep::Create,
            PlannedStep::Unchanged,
            PlannedStep::Update(FIELDS),
        ]
        .into_iter()
        .enumerate()
        {
            plan.set(position, step);
        }
        assert_eq!(plan.changes(), 2);
        for (position, step, changes) in [
            (0, PlannedStep::Unchanged, 1),
            (0, PlannedStep::Unchanged, 1),
            (1, PlannedStep::Create, 2),
            (1, PlannedStep::Update(FIELDS), 2),
            (2, PlannedStep::Unchanged, 1),
        ] {
            plan.set(position, step);
            assert_eq!(plan.changes(), changes, "{position} {step:?}");
        }
    }

    #[test]
    fn a_report_names_changed_models_and_a_dry_run_all_models() {
        let mut plan = Plan::default();
        plan.set(0, PlannedStep::Unchanged);
        plan.set(1, PlannedStep::Create);
        plan.set(2, PlannedStep::Update(FIELDS));
        plan.set(3, PlannedStep::Unchanged);
        let ids = ["a", "b", "c", "d"];
        let turn = Duration::from_millis(7);
        let expected = ImportReport {
            created: vec!["b".parse().expect("an id")],
            updated: vec![UpdatedModel {
                id: "c".parse().expect("an id"),
                fields: FIELDS,
            }],
            unchanged: 2,
            left_alone: vec![],
            turn,
        };
        assert_eq!(plan.report(import(&ids, false), turn), expected);
        let expected = ImportReport {
            left_alone: vec!["a".parse().expect("an id"), "d".parse().expect("an id")],
            ..expected
        };
        assert_eq!(plan.report(import(&ids, true), turn), expected);
    }
}
