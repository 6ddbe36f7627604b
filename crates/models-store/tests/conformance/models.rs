use std::sync::{Arc, Mutex};

use models_core::{ImportEntry, ImportReport, RepositoryError, Scope, Timestamp};

use crate::Store;
use crate::fixtures::{
    NOW, add_models, add_organization, entry, id, ids, import, organization, origin, own,
};

/// The numbers of created, updated and unchanged models.
fn counts(report: &ImportReport) -> (usize, usize, usize) {
    (report.created.len(), report.updated.len(), report.unchanged)
}

pub async fn models_are_listed_by_creation_and_then_by_the_bytes_of_the_id(store: Store) {
    add_models(
        &store,
        &Scope::Public,
        &[
            ("b", 2),
            ("a", 2),
            ("Z", 2),
            ("é", 2),
            ("a/b", 2),
            ("c", 1),
            ("a-b", 2),
        ],
    )
    .await;
    let listed = store.models.list(&Scope::Public).await.unwrap();
    assert_eq!(ids(&listed), ["c", "Z", "a", "a-b", "a/b", "b", "é"]);
}

pub async fn two_tenants_with_the_same_id_do_not_see_each_other(store: Store) {
    let (acme, other) = (
        add_organization(&store, "acme").await,
        add_organization(&store, "other").await,
    );
    add_models(&store, &own(&acme), &[("shared", 1), ("acme-only", 2)]).await;
    add_models(&store, &own(&other), &[("shared", 3)]).await;
    add_models(&store, &Scope::Public, &[("shared", 4), ("base", 5)]).await;

    assert_eq!(
        ids(&store.models.list(&own(&acme)).await.unwrap()),
        ["shared", "acme-only"]
    );
    assert_eq!(
        ids(&store.models.list(&Scope::Public).await.unwrap()),
        ["shared", "base"]
    );
    let found = store
        .models
        .find(&own(&other), &id("shared"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.scope, found.created.seconds()), (own(&other), 3));
    assert_eq!(
        store
            .models
            .find(&own(&other), &id("acme-only"))
            .await
            .unwrap(),
        None
    );

    let candidates = store
        .models
        .list_candidates(&other.id)
        .await
        .unwrap()
        .value
        .models;
    assert_eq!(ids(&candidates), ["shared", "shared", "base"]);
    assert!(
        candidates
            .iter()
            .all(|model| model.scope == own(&other) || model.scope == Scope::Public)
    );
}

pub async fn an_import_is_idempotent_and_reports_its_changes(store: Store) {
    add_models(&store, &Scope::Public, &[("stays", 1)]).await;
    let first = import(Scope::Public, vec![entry("a", 1), entry("b", 2)]);
    let report = store
        .models
        .import(first.clone(), origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(counts(&report), (2, 0, 0));
    let report = store
        .models
        .import(first, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(counts(&report), (0, 0, 2));

    let changed = ImportEntry {
        shutdown_date: Some("2027-01-31".parse().unwrap()),
        ..entry("a", 1)
    };
    let second = import(Scope::Public, vec![changed, entry("b", 2), entry("c", 3)]);
    let report = store
        .models
        .import(second, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(counts(&report), (1, 1, 1));
    assert_eq!(
        ids(&store.models.list(&Scope::Public).await.unwrap()),
        ["a", "stays", "b", "c"]
    );
    let found = store
        .models
        .find(&Scope::Public, &id("a"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        found.shutdown_date.map(String::from).as_deref(),
        Some("2027-01-31")
    );
}

pub async fn an_import_fills_in_missing_fields(store: Store) {
    let bare = |name: &str| ImportEntry {
        created: None,
        owned_by: None,
        ..entry(name, 0)
    };
    add_models(&store, &Scope::Public, &[("known", 7)]).await;
    let both = import(Scope::Public, vec![bare("known"), bare("new")]);
    let report = store
        .models
        .import(both, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(counts(&report), (1, 0, 1));

    let known = store
        .models
        .find(&Scope::Public, &id("known"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (known.created.seconds(), known.owned_by.as_str()),
        (7, "someone")
    );
    let new = store
        .models
        .find(&Scope::Public, &id("new"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((new.created, new.owned_by.as_str()), (NOW, "nobody"));
}

pub async fn a_shutdown_date_stays_until_an_import_sets_another(store: Store) {
    let [first, second] = ["2027-01-31", "2028-01-31"].map(|date| Some(date.parse().unwrap()));
    for (imported, expected) in [
        (None, None),
        (first, first),
        (None, first),
        (second, second),
    ] {
        let one = ImportEntry {
            shutdown_date: imported,
            ..entry("a", 1)
        };
        store
            .models
            .import(import(Scope::Public, vec![one]), origin(), Arc::new(|_| ()))
            .await
            .unwrap();
        let found = store
            .models
            .find(&Scope::Public, &id("a"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.shutdown_date, expected);
    }
}

pub async fn an_import_into_a_missing_organization_adds_nothing(store: Store) {
    let nowhere = import(own(&organization("nowhere")), vec![entry("a", 1)]);
    let refused = store
        .models
        .import(nowhere.clone(), origin(), Arc::new(|_| ()))
        .await;
    assert!(
        matches!(refused, Err(RepositoryError::Failed(_))),
        "{refused:?}"
    );
    assert_eq!(store.models.list(&nowhere.scope).await.unwrap(), []);
    assert_eq!(store.events.revision().await.unwrap().0, 0);
}

pub async fn a_dry_run_reports_the_same_and_changes_nothing(store: Store) {
    add_models(&store, &Scope::Public, &[("a", 1), ("b", 1)]).await;
    let revision = store.events.revision().await.unwrap();
    let mut dry = import(
        Scope::Public,
        vec![entry("a", 1), entry("b", 2), entry("c", 3)],
    );
    dry.dry_run = true;
    let report = store
        .models
        .import(dry, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(counts(&report), (1, 1, 1));
    assert_eq!(
        ids(&store.models.list(&Scope::Public).await.unwrap()),
        ["a", "b"]
    );
    assert_eq!(store.events.revision().await.unwrap(), revision);
}

pub async fn progress_is_reported_for_every_entry(store: Store) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    let three = import(
        Scope::Public,
        vec![entry("a", 1), entry("b", 2), entry("c", 3)],
    );
    store
        .models
        .import(
            three,
            origin(),
            Arc::new(move |done| listener.lock().unwrap().push(done)),
        )
        .await
        .unwrap();
    assert_eq!(*heard.lock().unwrap(), [1, 2, 3]);
}

pub async fn any_text_is_stored_unchanged(store: Store) {
    let longest = "é".repeat(128);
    for name in [
        "a%2Fb",
        "'; DROP TABLE models; --",
        "模型/7b",
        "a b+c",
        "$1 ? :x",
        "\u{10ffff}",
        longest.as_str(),
    ] {
        let odd = ImportEntry {
            owned_by: Some(name.parse().unwrap()),
            created: Some(Timestamp::from_seconds(u32::MAX)),
            ..entry(name, 0)
        };
        store
            .models
            .import(import(Scope::Public, vec![odd]), origin(), Arc::new(|_| ()))
            .await
            .unwrap();
        let found = store
            .models
            .find(&Scope::Public, &id(name))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.id.as_str(), found.owned_by.as_str()), (name, name));
        assert_eq!(found.created.seconds(), u32::MAX);
    }
}
