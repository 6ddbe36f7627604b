//! Imports, compared with the results of their entries.

mod ahead;
pub mod concurrent;
mod expected;

use std::collections::BTreeMap;
use std::sync::Arc;

use models_core::{Import, ImportEntry, ImportReport, ModelId, RepositoryError, Revision, Scope};

use self::expected::{events, replayed, resolve, run, stored};
use crate::Store;
use crate::fixtures::random::Random;
use crate::fixtures::{add_models, add_organization, entry, import, origin, own};

pub async fn random_imports_match_their_resolved_entries(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let mut random = Random(1);
    for scope in [Scope::Public, own(&acme)] {
        let mut expected = BTreeMap::new();
        for _ in 0..15 {
            let import = random.import(scope.clone());
            let dry = Import {
                dry_run: true,
                ..import.clone()
            };
            let report = resolve(&mut expected, &dry);
            assert_eq!(run(&store, dry).await, report);
            let report = ImportReport {
                left_alone: vec![],
                ..report
            };
            assert_eq!(run(&store, import).await, report);
            assert_eq!(stored(&store, &scope).await, expected);
            assert_eq!(replayed(events(&store).await, &scope), expected);
            let gone = random.id();
            let deleted = store.models.delete(&scope, &gone, origin()).await.unwrap();
            assert_eq!(deleted, expected.remove(&gone));
        }
    }
}

pub async fn each_change_has_one_event_in_the_order_of_the_entries(store: Store) {
    // More entries than one statement takes, of each kind, and not in the order of the ids.
    let ids: Vec<String> = (0..700).map(|number| format!("m{number}")).collect();
    let seed: Vec<ImportEntry> = ids.iter().step_by(3).map(|id| entry(id, 1)).collect();
    run(&store, import(Scope::Public, seed)).await;
    let before = store.events.revision().await.unwrap();
    let entries = ids.iter().rev().enumerate();
    let entries = entries.map(|(place, id)| entry(id, 1 + u32::try_from(place % 2).unwrap()));
    let second = import(Scope::Public, entries.collect());
    let report = run(&store, second.clone()).await;
    assert_eq!(report.created.len(), 466);
    assert_eq!(report.updated.len(), 117);
    assert_eq!(report.unchanged, 117);

    let events = events(&store).await;
    let logged: Vec<(&str, &str)> = events[usize::try_from(before.0).unwrap()..]
        .iter()
        .map(|event| (event.change.subject_id(), event.change.kind()))
        .collect();
    let updated = |id: &ModelId| report.updated.iter().any(|model| model.id == *id);
    let expected = second.entries.iter().filter_map(|entry| {
        if report.created.contains(&*entry.id) {
            Some((entry.id.as_str(), "model.created"))
        } else {
            updated(&entry.id).then_some((entry.id.as_str(), "model.updated"))
        }
    });
    assert_eq!(logged, expected.collect::<Vec<_>>());
    assert!(events.iter().all(|event| event.origin == origin()));
    assert_eq!(
        replayed(events, &Scope::Public),
        stored(&store, &Scope::Public).await
    );
}

pub async fn a_repeated_id_is_refused(store: Store) {
    for distance in [1, 600] {
        let mut entries: Vec<ImportEntry> = (0..distance)
            .map(|number| entry(&format!("m{number}"), 1))
            .collect();
        entries.push(entry("m0", 2));
        let twice = import(Scope::Public, entries);
        let refused = store.models.import(twice, origin(), Arc::new(|_| ())).await;
        assert!(
            matches!(refused, Err(RepositoryError::AlreadyExists)),
            "{refused:?}"
        );
    }
    assert_eq!(store.events.revision().await.unwrap(), Revision(0));
}

pub async fn a_panicking_import_leaves_nothing(store: Store) {
    let entries = || (0..600).map(|number| entry(&format!("m{number}"), 1));
    for dies_at in [1, 512, 600] {
        let importing = {
            let (store, import) = (store.clone(), import(Scope::Public, entries().collect()));
            let progress = Arc::new(move |done| assert_ne!(done, dies_at, "dies here"));
            tokio::spawn(async move { store.models.import(import, origin(), progress).await })
        };
        assert!(importing.await.is_err_and(|error| error.is_panic()));
        assert_eq!(store.events.revision().await.unwrap(), Revision(0));
    }
    let report = run(&store, import(Scope::Public, entries().collect())).await;
    assert_eq!(report.created.len(), 600);
}

pub async fn an_import_that_changes_nothing_takes_no_turn(store: Store) {
    add_models(&store, &Scope::Public, &[("a", 1), ("b", 2)]).await;
    let same = import(Scope::Public, vec![entry("b", 2), entry("a", 1)]);
    let report = store.models.import(same, origin(), Arc::new(|_| ())).await;
    let expected = ImportReport {
        unchanged: 2,
        ..ImportReport::default()
    };
    assert_eq!(report.unwrap(), expected, "and the turn took no time");
    assert_eq!(store.events.revision().await.unwrap(), Revision(2));
}
