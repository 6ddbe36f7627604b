use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use models_core::{
    Attempt, Change, ChangedFields, Event, Import, ImportEntry, ImportReport, Model, ModelId,
    RepositoryError, Revision, Role, Scope, Timestamp, UpdatedModel,
};

use tokio::time::timeout;

use crate::Store;
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, entry, id, import, log, origin, own,
};
use crate::random::Random;

/// Long enough for anything that waits for nobody.
const PATIENCE: Duration = Duration::from_secs(30);

impl Random {
    /// One of few ids, some of which SQL or JSON would have to escape.
    fn id(&mut self) -> ModelId {
        let text = match self.below(40) {
            0 => "it's \"quoted\" \\ {}".to_owned(),
            1 => "模型/7b".to_owned(),
            2 => "\u{10ffff} %_".to_owned(),
            number => format!("m{number}"),
        };
        id(&text)
    }

    fn entry(&mut self, id: &ModelId) -> ImportEntry {
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

    /// No id comes twice.
    fn import(&mut self, scope: Scope) -> Import {
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

/// Applies the import to the models as its entries say, and reports what it did.
fn resolve(models: &mut BTreeMap<ModelId, Model>, import: &Import) -> ImportReport {
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

async fn run(store: &Store, import: Import) -> ImportReport {
    let imported = store.models.import(import, origin(), Arc::new(|_| ()));
    let report = imported.await.unwrap();
    ImportReport {
        turn: Duration::ZERO,
        ..report
    }
}

async fn events(store: &Store) -> Vec<Event> {
    let newest = store.events.revision().await.unwrap().0;
    let entries = log(store).await.into_iter();
    let events: Vec<Event> = entries
        .map(|entry| entry.into_event().expect("a row that is understood"))
        .collect();
    let revisions: Vec<i64> = events.iter().map(|event| event.revision.0).collect();
    assert_eq!(revisions, (1..=newest).collect::<Vec<_>>(), "no gaps");
    events
}

/// The models of a scope as the log tells of them. Each event fits to those before it.
fn replayed(events: Vec<Event>, scope: &Scope) -> BTreeMap<ModelId, Model> {
    let mut models: BTreeMap<ModelId, Model> = BTreeMap::new();
    for event in events {
        if event.change.scope() != Some(scope) {
            continue;
        }
        match event.change {
            Change::ModelCreated(model) => {
                let replaced = models.insert(model.id.clone(), model);
                assert_eq!(replaced, None);
            }
            Change::ModelUpdated { before, after } => {
                assert_ne!(before, after);
                let replaced = models.insert(after.id.clone(), after);
                assert_eq!(replaced, Some(before));
            }
            Change::ModelDeleted(model) => {
                assert_eq!(models.remove(&model.id), Some(model));
            }
            Change::OrganizationCreated(_)
            | Change::ApiKeyCreated(_)
            | Change::ApiKeyDeleted(_)
            | Change::LeaseUpdated { .. } => {}
        }
    }
    models
}

async fn stored(store: &Store, scope: &Scope) -> BTreeMap<ModelId, Model> {
    let models = store.models.list(scope).await.unwrap();
    models
        .into_iter()
        .map(|model| (model.id.clone(), model))
        .collect()
}

pub async fn a_random_import_does_what_its_entries_say(store: Store) {
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
    // More than any one statement is for, not in the order of the ids, and of each kind.
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

pub async fn an_id_that_comes_twice_is_refused(store: Store) {
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

/// An import that stops when it has compared all its entries, until it is told to go on.
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

pub async fn an_import_that_is_being_staged_keeps_nobody_waiting(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let entries = (0..100).map(|number| entry(&format!("m{number}"), 1));
    let paused = Paused::begin(&store, import(Scope::Public, entries.collect())).await;

    // Each of these takes the turn.
    let changes = async {
        let model = id("own");
        let deletion = store
            .models
            .delete_as(&owner.id, &model, NOW, Attempt::First);
        deletion.await.unwrap();
        store.api_keys.revoke(&owner.id, origin()).await.unwrap();
        add_organization(&store, "other").await;
        add_models(&store, &own(&acme), &[("a", 1)]).await;
    };
    timeout(PATIENCE, changes).await.expect("nobody waits");
    assert_eq!(store.models.list(&Scope::Public).await.unwrap(), []);

    let report = paused.finish().await;
    assert_eq!(report.created.len(), 100);
    assert_eq!(stored(&store, &Scope::Public).await.len(), 100);
    events(&store).await;
}

/// Few models, which are staged again within the turn, and more than are.
pub async fn what_changes_while_an_import_is_staged_is_compared_again(store: Store) {
    for (round, count) in [(0, 12), (1, 2_400)] {
        let name = |number: usize| format!("{round}-{number}");
        let of = |kind: usize| (0..count).filter(move |number| number % 4 == kind);
        // Of four models, one is deleted meanwhile, one is changed, one is added, one stays.
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

pub async fn imports_of_the_same_models_leave_a_log_that_leads_to_the_catalog(store: Store) {
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

pub async fn an_import_that_dies_leaves_nothing(store: Store) {
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
