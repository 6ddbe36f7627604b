//! Imports beside other changes and reads.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use models_core::{
    Attempt, Context, Import, ImportEntry, ImportReport, OrganizationUpdate, RepositoryError, Role,
    Scope,
};
use tokio::time::timeout;

use super::expected::{events, replayed, resolve, run, stored};
use crate::Store;
use crate::fixtures::random::Random;
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, entry, id, import, origin, own,
};

/// A limit for operations that must not wait for others.
const PATIENCE: Duration = Duration::from_secs(30);

/// An import that pauses after it has compared all its entries.
struct Paused {
    importing: tokio::task::JoinHandle<Result<ImportReport, RepositoryError>>,
    go_on: mpsc::Sender<()>,
}

impl Paused {
    async fn begin(store: &Store, import: Import) -> Self {
        let (go_on, told) = mpsc::channel::<()>();
        let (tell, mut staged) = tokio::sync::mpsc::unbounded_channel();
        let (told, entries) = (Mutex::new(told), import.entries.len());
        let progress = Arc::new(move |done| {
            if done == entries {
                tell.send(()).unwrap();
                let told = told.lock().unwrap();
                tokio::task::block_in_place(|| told.recv_timeout(PATIENCE)).unwrap();
            }
        });
        let store = store.clone();
        let importing =
            tokio::spawn(async move { store.models.import(import, origin(), progress).await });
        timeout(PATIENCE, staged.recv()).await.unwrap().unwrap();
        Self { importing, go_on }
    }

    async fn finish(self) -> ImportReport {
        self.go_on.send(()).unwrap();
        let report = self.importing.await.unwrap().unwrap();
        ImportReport {
            turn: Duration::ZERO,
            ..report
        }
    }
}

pub async fn an_import_into_an_organization_that_is_deleted_meanwhile_adds_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    // The larger import writes ahead of its turn on PostgreSQL.
    for (slug, count) in [("small", 10), ("large", 1_100)] {
        let deleted = add_organization(&store, slug).await;
        let entries = (0..count).map(|number| entry(&format!("m{number}"), 1));
        let paused = Paused::begin(&store, import(own(&deleted), entries.collect())).await;
        let deletion = store.organizations.delete(&deleted.id, origin()).await;
        assert!(deletion.unwrap().is_some());
        paused.go_on.send(()).unwrap();
        let imported = paused.importing.await.unwrap();
        assert!(
            matches!(imported, Err(RepositoryError::Failed(_))),
            "{imported:?}"
        );
        assert_eq!(store.models.list(&own(&deleted)).await.unwrap(), []);
    }
    add_models(&store, &own(&acme), &[("a", 1)]).await;
}

pub async fn an_import_into_an_organization_that_is_renamed_meanwhile_adds_nothing(store: Store) {
    // The larger import writes ahead of its turn on PostgreSQL.
    for (slug, count) in [("small", 10), ("large", 1_100)] {
        let renamed = add_organization(&store, slug).await;
        let entries = (0..count).map(|number| entry(&format!("m{number}"), 1));
        let paused = Paused::begin(&store, import(own(&renamed), entries.collect())).await;
        let update = OrganizationUpdate::Name("New".parse().unwrap());
        let updated = store.organizations.update(&renamed.id, update, origin());
        updated.await.unwrap().unwrap();
        paused.go_on.send(()).unwrap();
        let error = paused.importing.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("repeat the import"), "{error:?}");
        assert_eq!(store.models.list(&own(&renamed)).await.unwrap(), []);
    }
}

pub async fn a_staging_import_delays_no_other_change(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let entries = (0..100).map(|number| entry(&format!("m{number}"), 1));
    let paused = Paused::begin(&store, import(Scope::Public, entries.collect())).await;

    // Each of these changes takes the turn.
    let changes = async {
        let model = id("own");
        let deletion =
            store
                .models
                .delete_as(&owner.id, &model, NOW, Attempt::First, Context::default());
        deletion.await.unwrap();
        store.api_keys.revoke(&owner.id, origin()).await.unwrap();
        add_organization(&store, "other").await;
        add_models(&store, &own(&acme), &[("a", 1)]).await;
    };
    timeout(PATIENCE, changes).await.expect("no change waits");
    assert_eq!(store.models.list(&Scope::Public).await.unwrap(), []);

    let report = paused.finish().await;
    assert_eq!(report.created.len(), 100);
    assert_eq!(stored(&store, &Scope::Public).await.len(), 100);
    events(&store).await;
}

/// Round 0 has few stale models, which are staged again within the turn. Round 1 has too many for
/// that.
pub async fn models_that_change_during_staging_are_compared_again(store: Store) {
    for (round, count) in [(0, 12), (1, 2_400)] {
        let name = |number: usize| format!("{round}-{number}");
        let of = |kind: usize| (0..count).filter(move |number| number % 4 == kind);
        // Of each four models, one is deleted meanwhile, one is changed, one is added and one
        // stays.
        let seed = (0..count).filter(|number| number % 4 != 2);
        let seed = seed.map(|number| entry(&name(number), 1)).collect();
        run(&store, import(Scope::Public, seed)).await;
        let bare = |number| ImportEntry {
            created: None,
            ..entry(&name(number), 0)
        };
        let main = import(Scope::Public, (0..count).map(bare).collect());

        let paused = Paused::begin(&store, main.clone()).await;
        let meanwhile = of(1).chain(of(2)).map(|number| entry(&name(number), 7));
        run(&store, import(Scope::Public, meanwhile.collect())).await;
        for number in of(0).take(20) {
            let deleted = store
                .models
                .delete(&Scope::Public, &id(&name(number)), origin())
                .await;
            assert!(deleted.unwrap().is_some());
        }
        let mut expected = stored(&store, &Scope::Public).await;
        let report = resolve(&mut expected, &main);
        assert_eq!(report.created.len(), of(0).take(20).count());
        assert_eq!(paused.finish().await, report);
        assert_eq!(stored(&store, &Scope::Public).await, expected);
        assert_eq!(replayed(events(&store).await, &Scope::Public), expected);
    }
}

pub async fn readers_see_all_of_an_import_or_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let entries = |created| (0..1_500).map(move |number| entry(&format!("m{number}"), created));
    let importing = {
        let store = store.clone();
        tokio::spawn(async move {
            for created in 1..=4 {
                let entries = entries(created).collect();
                run(&store, import(Scope::Public, entries)).await;
            }
        })
    };
    while !importing.is_finished() {
        let candidates = store.models.list_candidates(&acme.id).await.unwrap().value;
        let models = candidates.models;
        assert!(models.is_empty() || models.len() == 1_500);
        let first = models.first().map(|model| model.created);
        assert!(models.iter().all(|model| Some(model.created) == first));
    }
    importing.await.unwrap();
}

pub async fn the_log_of_concurrent_imports_replays_to_the_catalog(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let scope = own(&acme);
    let importers = (0..3).map(|seed| {
        let (store, scope) = (store.clone(), scope.clone());
        tokio::spawn(async move {
            let mut random = Random(seed);
            for _ in 0..15 {
                run(&store, random.import(scope.clone())).await;
                let gone = random.id();
                store.models.delete(&scope, &gone, origin()).await.unwrap();
            }
        })
    });
    for importer in importers.collect::<Vec<_>>() {
        importer.await.unwrap();
    }
    assert_eq!(
        replayed(events(&store).await, &scope),
        stored(&store, &scope).await
    );
}
