use std::sync::{Arc, Mutex};

use models_core::{
    Attempt, Deletion, DeletionRefusal, ImportEntry, ImportReport, KeyRejection, RepositoryError,
    Revision, Role, Scope, Timestamp,
};
use models_store::Store;

use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, api_key, entry, id, ids, import, organization,
    origin, own,
};

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

pub async fn two_tenants_may_use_the_same_id_and_never_learn_of_each_other(store: Store) {
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

    let candidates = store.models.list_candidates(&other.id).await.unwrap();
    assert_eq!(ids(&candidates), ["shared", "shared", "base"]);
    assert!(
        candidates
            .iter()
            .all(|model| model.scope == own(&other) || model.scope == Scope::Public)
    );
    let candidates = store
        .models
        .find_candidates(&other.id, &id("shared"))
        .await
        .unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(
        store
            .models
            .find_candidates(&other.id, &id("acme-only"))
            .await
            .unwrap(),
        []
    );
}

pub async fn an_import_is_idempotent_and_reports_what_it_did(store: Store) {
    add_models(&store, &Scope::Public, &[("stays", 1)]).await;
    let first = import(Scope::Public, vec![entry("a", 1), entry("b", 2)]);
    let report = store
        .models
        .import(first.clone(), origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(
        report,
        ImportReport {
            created: 2,
            updated: 0,
            unchanged: 0
        }
    );
    let report = store
        .models
        .import(first, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(
        report,
        ImportReport {
            created: 0,
            updated: 0,
            unchanged: 2
        }
    );

    let changed = ImportEntry {
        shutdown_date: Some(Some("2027-01-31".parse().unwrap())),
        ..entry("a", 1)
    };
    let second = import(Scope::Public, vec![changed, entry("b", 2), entry("c", 3)]);
    let report = store
        .models
        .import(second, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(
        report,
        ImportReport {
            created: 1,
            updated: 1,
            unchanged: 1
        }
    );
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

pub async fn an_import_fills_in_what_an_entry_does_not_say(store: Store) {
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
    assert_eq!(
        report,
        ImportReport {
            created: 1,
            updated: 0,
            unchanged: 1
        }
    );

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

pub async fn a_shutdown_date_stays_until_something_is_said_of_it(store: Store) {
    let date = "2027-01-31".parse().unwrap();
    for (said, expected) in [
        (Some(Some(date)), Some(date)),
        (None, Some(date)),
        (Some(None), None),
    ] {
        let one = ImportEntry {
            shutdown_date: said,
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
    assert_eq!(
        report,
        ImportReport {
            created: 1,
            updated: 1,
            unchanged: 1
        }
    );
    assert_eq!(
        ids(&store.models.list(&Scope::Public).await.unwrap()),
        ["a", "b"]
    );
    assert_eq!(store.events.revision().await.unwrap(), revision);
}

pub async fn progress_is_heard_for_every_entry(store: Store) {
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

pub async fn an_owner_deletes_only_its_own_models(store: Store) {
    let (acme, other) = (
        add_organization(&store, "acme").await,
        add_organization(&store, "other").await,
    );
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    add_models(&store, &own(&other), &[("foreign", 1), ("own", 1)]).await;
    add_models(&store, &Scope::Public, &[("public", 1), ("own", 2)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let before = store.events.revision().await.unwrap();

    for (role, model, refusal) in [
        (Role::Reader, "own", DeletionRefusal::Role),
        (Role::Writer, "missing", DeletionRefusal::Role),
        (Role::Owner, "missing", DeletionRefusal::NotFound),
        (Role::Owner, "foreign", DeletionRefusal::NotFound),
        (Role::Owner, "public", DeletionRefusal::Public),
    ] {
        let (key, _) = add_api_key(&store, &acme, role).await;
        let deletion = store
            .models
            .delete_as(&key.id, &id(model), NOW, Attempt::First)
            .await
            .unwrap();
        assert_eq!(deletion, Deletion::Refused(refusal), "{role} {model}");
    }
    assert_eq!(
        store.events.revision().await.unwrap().0,
        before.0 + 5,
        "the five keys, and no deletion"
    );

    let own_model = store
        .models
        .find(&own(&acme), &id("own"))
        .await
        .unwrap()
        .unwrap();
    let deletion = store
        .models
        .delete_as(&owner.id, &id("own"), NOW, Attempt::First)
        .await
        .unwrap();
    assert_eq!(deletion, Deletion::Deleted(own_model));
    assert_eq!(
        store.models.find(&own(&acme), &id("own")).await.unwrap(),
        None
    );
    assert!(
        store
            .models
            .find(&own(&other), &id("own"))
            .await
            .unwrap()
            .is_some()
    );
    let again = store
        .models
        .delete_as(&owner.id, &id("own"), NOW, Attempt::First)
        .await
        .unwrap();
    assert_eq!(
        again,
        Deletion::Refused(DeletionRefusal::Public),
        "the public one of the same id is left, and stays"
    );
}

pub async fn a_revoked_or_expired_key_deletes_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (revoked, _) = add_api_key(&store, &acme, Role::Owner).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let (mut expired, digest) = api_key(&acme, Role::Owner);
    expired.expires_at = Some(NOW);
    store
        .api_keys
        .insert(expired.clone(), digest, origin())
        .await
        .unwrap();
    let (unknown, _) = api_key(&acme, Role::Owner);

    for (key, rejection) in [
        (&revoked, KeyRejection::Revoked),
        (&expired, KeyRejection::Expired),
        (&unknown, KeyRejection::Revoked),
    ] {
        let deletion = store
            .models
            .delete_as(&key.id, &id("own"), NOW, Attempt::First)
            .await
            .unwrap();
        assert_eq!(deletion, Deletion::Refused(DeletionRefusal::Key(rejection)));
    }
    assert!(
        store
            .models
            .find(&own(&acme), &id("own"))
            .await
            .unwrap()
            .is_some()
    );
}

pub async fn a_deletion_happens_once_however_many_ask(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (store, key_id) = (store.clone(), owner.id.clone());
            tokio::spawn(async move {
                store
                    .models
                    .delete_as(&key_id, &id("own"), NOW, Attempt::First)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut deleted = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Deletion::Deleted(_) => deleted += 1,
            Deletion::Refused(refusal) => assert_eq!(refusal, DeletionRefusal::NotFound),
            Deletion::Repeated(_) => panic!("none of them says that it is a repetition"),
        }
    }
    assert_eq!(deleted, 1);
}

pub async fn an_operator_deletes_within_one_scope(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("a", 1)]).await;
    add_models(&store, &Scope::Public, &[("a", 2)]).await;
    let public = store.models.find(&Scope::Public, &id("a")).await.unwrap();
    assert_eq!(
        store
            .models
            .delete(&Scope::Public, &id("a"), origin())
            .await
            .unwrap(),
        public
    );
    assert_eq!(
        store
            .models
            .delete(&Scope::Public, &id("a"), origin())
            .await
            .unwrap(),
        None
    );
    assert!(
        store
            .models
            .find(&own(&acme), &id("a"))
            .await
            .unwrap()
            .is_some()
    );
}

pub async fn any_text_comes_back_as_it_went_in(store: Store) {
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

pub async fn a_repeated_deletion_is_answered_again_for_a_minute_to_the_same_key(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1), ("other", 1)]).await;
    add_models(&store, &Scope::Public, &[("own", 2)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let (colleague, _) = add_api_key(&store, &acme, Role::Owner).await;
    let own_model = store
        .models
        .find(&own(&acme), &id("own"))
        .await
        .unwrap()
        .unwrap();
    store
        .models
        .delete_as(&owner.id, &id("own"), NOW, Attempt::First)
        .await
        .unwrap();
    let revision = store.events.revision().await.unwrap();

    let after = |seconds| Timestamp::from_seconds(NOW.seconds() + seconds);
    let repeated = Deletion::Repeated(own_model);
    let public = Deletion::Refused(DeletionRefusal::Public);
    let missing = Deletion::Refused(DeletionRefusal::NotFound);
    for (key, name, at, attempt, expected) in [
        (&owner, "own", NOW, Attempt::Repeated, &repeated),
        (&owner, "own", after(60), Attempt::Repeated, &repeated),
        (&owner, "own", after(61), Attempt::Repeated, &public),
        (&owner, "own", NOW, Attempt::First, &public),
        (&colleague, "own", NOW, Attempt::Repeated, &public),
        (&owner, "missing", NOW, Attempt::Repeated, &missing),
    ] {
        let deletion = store
            .models
            .delete_as(&key.id, &id(name), at, attempt)
            .await
            .unwrap();
        assert_eq!(&deletion, expected, "{name} {at} {attempt:?}");
    }
    assert_eq!(store.events.revision().await.unwrap(), revision);

    add_models(&store, &own(&acme), &[("own", 3)]).await;
    let deletion = store
        .models
        .delete_as(&owner.id, &id("own"), NOW, Attempt::Repeated)
        .await
        .unwrap();
    assert!(
        matches!(deletion, Deletion::Deleted(_)),
        "one that came again is deleted, not only said to be"
    );
    store.api_keys.revoke(&owner.id, origin()).await.unwrap();
    let deletion = store
        .models
        .delete_as(&owner.id, &id("own"), NOW, Attempt::Repeated)
        .await
        .unwrap();
    assert_eq!(
        deletion,
        Deletion::Refused(DeletionRefusal::Key(KeyRejection::Revoked))
    );
}

pub async fn an_id_that_comes_twice_is_applied_in_order(store: Store) {
    let twice = import(Scope::Public, vec![entry("a", 1), entry("a", 2)]);
    let report = store
        .models
        .import(twice, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    assert_eq!(
        report,
        ImportReport {
            created: 1,
            updated: 1,
            unchanged: 0
        }
    );
    let found = store
        .models
        .find(&Scope::Public, &id("a"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.created.seconds(), 2);
}

/// The key deletes model after model while it is revoked: what is deleted was deleted before.
pub async fn nothing_is_deleted_after_the_keys_revocation(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let names: Vec<String> = (0..40).map(|number| format!("m{number}")).collect();
    let models: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    add_models(&store, &own(&acme), &models).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let deletions: Vec<_> = names
        .into_iter()
        .map(|name| {
            let (store, key_id) = (store.clone(), owner.id.clone());
            tokio::spawn(async move {
                store
                    .models
                    .delete_as(&key_id, &id(&name), NOW, Attempt::First)
                    .await
                    .unwrap()
            })
        })
        .collect();
    store.api_keys.revoke(&owner.id, origin()).await.unwrap();
    let mut deleted = 0;
    for deletion in deletions {
        match deletion.await.unwrap() {
            Deletion::Deleted(_) => deleted += 1,
            Deletion::Refused(refusal) => {
                assert_eq!(refusal, DeletionRefusal::Key(KeyRejection::Revoked));
            }
            Deletion::Repeated(_) => panic!("none of them says that it is a repetition"),
        }
    }
    let events = store.events.list_after(Revision(0), 1_000).await.unwrap();
    let position = |kind: &str| events.iter().rposition(|event| event.change.kind() == kind);
    assert!(position("model.deleted") < position("api_key.deleted"));
    assert_eq!(
        store.models.list(&own(&acme)).await.unwrap().len(),
        40 - deleted
    );
}
