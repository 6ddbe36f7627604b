//! Random imports, and the results that they must have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use models_core::{
    Change, ChangedFields, Event, Import, ImportEntry, ImportReport, Model, ModelId, Scope,
    Timestamp, UpdatedModel,
};

use crate::Store;
use crate::fixtures::random::Random;
use crate::fixtures::{NOW, id, import, log, origin};

impl Random {
    /// Returns one of a few ids, some of which SQL or JSON must escape.
    pub fn id(&mut self) -> ModelId {
        let text = match self.below(40) {
            0 => "it's \"quoted\" \\ {}".to_owned(),
            1 => "模型/7b".to_owned(),
            2 => "\u{10ffff} %_".to_owned(),
            number => format!("m{number}"),
        };
        id(&text)
    }

    pub fn entry(&mut self, id: &ModelId) -> ImportEntry {
        ImportEntry {
            id: id.as_str().parse().unwrap(),
            created: self.maybe(|random| {
                let seconds = [0, 1, u32::MAX][usize::try_from(random.below(3)).unwrap()];
                Timestamp::from_seconds(seconds)
            }),
            owned_by: self.maybe(|random| {
                let owners = ["a", "b \"c\" \\", "é"];
                owners[usize::try_from(random.below(3)).unwrap()]
                    .parse()
                    .unwrap()
            }),
            shutdown_date: self.maybe(|random| {
                let dates = ["2027-01-31", "2030-12-01"];
                dates[usize::try_from(random.below(2)).unwrap()]
                    .parse()
                    .unwrap()
            }),
        }
    }

    /// Returns an import without repeated ids.
    pub fn import(&mut self, scope: Scope) -> Import {
        let mut entries: Vec<ImportEntry> = vec![];
        for _ in 0..self.below(80) {
            let id = self.id();
            if entries.iter().all(|entry| *entry.id != id) {
                entries.push(self.entry(&id));
            }
        }
        import(scope, entries)
    }
}

/// Applies the import to `models` entry by entry, and returns the expected report.
pub fn resolve(models: &mut BTreeMap<ModelId, Model>, import: &Import) -> ImportReport {
    let mut report = ImportReport::default();
    for entry in &import.entries {
        let before = models.get(&*entry.id).cloned();
        let after = entry.resolve(before.as_ref(), import, NOW);
        let id = ModelId::clone(&entry.id);
        match before {
            None => report.created.push(id),
            Some(before) if before == after => {
                report.unchanged += 1;
                report.left_alone.extend(import.dry_run.then_some(id));
            }
            Some(before) => report.updated.push(UpdatedModel {
                id,
                fields: ChangedFields::between(&before, &after),
            }),
        }
        models.insert(ModelId::clone(&entry.id), after);
    }
    report
}

pub async fn run(store: &Store, import: Import) -> ImportReport {
    let imported = store.models.import(import, origin(), Arc::new(|_| ()));
    let report = imported.await.unwrap();
    ImportReport {
        turn: Duration::ZERO,
        ..report
    }
}

pub async fn events(store: &Store) -> Vec<Event> {
    let newest = store.events.revision().await.unwrap().0;
    let entries = log(store).await.into_iter();
    let events: Vec<Event> = entries
        .map(|entry| entry.into_event().expect("a row that is understood"))
        .collect();
    let revisions: Vec<i64> = events.iter().map(|event| event.revision.0).collect();
    assert_eq!(revisions, (1..=newest).collect::<Vec<_>>(), "no gaps");
    events
}

/// Replays the event log into the models of a scope. Each event must fit the ones before it.
pub fn replayed(events: Vec<Event>, scope: &Scope) -> BTreeMap<ModelId, Model> {
    let mut models: BTreeMap<ModelId, Model> = BTreeMap::new();
    for event in events {
        if event.change.scope() != Some(scope) {
            continue;
        }
        if let Change::ModelCreated(model) = event.change {
            let replaced = models.insert(model.id.clone(), model);
            assert_eq!(replaced, None);
        } else if let Change::ModelUpdated { before, after } = event.change {
            assert_ne!(before, after);
            let replaced = models.insert(after.id.clone(), after);
            assert_eq!(replaced, Some(before));
        } else if let Change::ModelDeleted(model) = event.change {
            assert_eq!(models.remove(&model.id), Some(model));
        }
    }
    models
}

pub async fn stored(store: &Store, scope: &Scope) -> BTreeMap<ModelId, Model> {
    let models = store.models.list(scope).await.unwrap();
    models
        .into_iter()
        .map(|model| (model.id.clone(), model))
        .collect()
}
