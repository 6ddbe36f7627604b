//! What an import would do.

use std::time::Duration;

use super::changed_fields::ChangedFields;
use super::entry::Import;
use super::report::{ImportReport, UpdatedModel};
use crate::event::Change;
use crate::model::Model;

/// What becomes of the model of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedStep {
    /// There is no such model; it is created.
    Create,
    /// It is updated in these fields.
    Update(ChangedFields),
    /// It is as the entry says.
    Unchanged,
}

impl PlannedStep {
    /// The step from the present model, if there is one, to what an entry makes of it, and the change that it records.
    /// Both models have the same id and scope.
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

    /// Whether it changes a model.
    #[must_use]
    pub fn is_change(self) -> bool {
        self != Self::Unchanged
    }
}

/// What an import does to the model of each of its entries. It is made by comparing them with the present models, and
/// carried out if these are still the same when the import writes. A dry run ends with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// One for each entry that has been compared.
    steps: Vec<PlannedStep>,
    /// How many of them change something.
    changes: usize,
}

impl Plan {
    /// Sets the step of an entry: of one that was compared before, or else of the next one.
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

    /// How many models it changes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Reports the plan of this import, which held the turn for so long. The ids are moved: an import can have a
    /// million entries.
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
    fn a_step_is_what_leads_from_one_state_to_the_other() {
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
    fn changes_are_counted_also_when_an_entry_is_compared_again() {
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
    fn a_report_names_what_is_created_and_updated_and_a_dry_run_also_the_rest() {
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
