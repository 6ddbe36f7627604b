use models_core::{
    Attempt, Context, Deletion, DeletionRefusal, KeyRejection, LogEntry, Role, Scope, Timestamp,
};

use crate::Store;
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, api_key, id, log, origin, own,
};

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
        (Role::Reader, "own", DeletionRefusal::Permission),
        (Role::Writer, "missing", DeletionRefusal::Permission),
        (Role::Owner, "missing", DeletionRefusal::NotFound),
        (Role::Owner, "foreign", DeletionRefusal::NotFound),
        (Role::Owner, "public", DeletionRefusal::Public),
    ] {
        let (key, _) = add_api_key(&store, &acme, role).await;
        let deletion = store
            .models
            .delete_as(&key.id, &id(model), NOW, Attempt::First, Context::default())
            .await
            .unwrap();
        assert_eq!(deletion, Deletion::Refused(refusal), "{role} {model}");
    }
    assert_eq!(
        store.events.revision().await.unwrap().0,
        before.0 + 5,
        "five keys were created and no model was deleted"
    );

    let own_model = store
        .models
        .find(&own(&acme), &id("own"))
        .await
        .unwrap()
        .unwrap();
    let deletion = store
        .models
        .delete_as(
            &owner.id,
            &id("own"),
            NOW,
            Attempt::First,
            Context::default(),
        )
        .await
        .unwrap();
    let revision = store.events.revision().await.unwrap();
    let model = own_model;
    assert_eq!(deletion, Deletion::Deleted { model, revision });
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
        .delete_as(
            &owner.id,
            &id("own"),
            NOW,
            Attempt::First,
            Context::default(),
        )
        .await
        .unwrap();
    assert_eq!(
        again,
        Deletion::Refused(DeletionRefusal::Public),
        "the public model with the same id stays"
    );
}

pub async fn a_revoked_or_expired_key_deletes_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (revoked, _) = add_api_key(&store, &acme, Role::Owner).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let (mut expired, digest) = api_key(&acme, Role::Owner);
    expired.expires_at = Some(NOW);
    let inserted = store.api_keys.insert(expired.clone(), digest, origin());
    inserted.await.unwrap().unwrap();
    let (unknown, _) = api_key(&acme, Role::Owner);

    for (key, rejection) in [
        (&revoked, KeyRejection::Revoked),
        (&expired, KeyRejection::Expired),
        (&unknown, KeyRejection::Revoked),
    ] {
        let deletion = store
            .models
            .delete_as(&key.id, &id("own"), NOW, Attempt::First, Context::default())
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

pub async fn concurrent_deletions_succeed_once(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let (owner, _) = add_api_key(&store, &acme, Role::Owner).await;
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (store, key_id) = (store.clone(), owner.id.clone());
            tokio::spawn(async move {
                store
                    .models
                    .delete_as(&key_id, &id("own"), NOW, Attempt::First, Context::default())
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut deleted = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Deletion::Deleted { .. } => deleted += 1,
            Deletion::Refused(refusal) => assert_eq!(refusal, DeletionRefusal::NotFound),
            Deletion::Repeated { .. } => panic!("no request says that it is a repetition"),
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

pub async fn a_repeated_deletion_succeeds_for_a_minute_for_the_same_key(store: Store) {
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
        .delete_as(
            &owner.id,
            &id("own"),
            NOW,
            Attempt::First,
            Context::default(),
        )
        .await
        .unwrap();
    let revision = store.events.revision().await.unwrap();

    let after = |seconds| Timestamp::from_seconds(NOW.seconds() + seconds);
    let repeated = Deletion::Repeated {
        model: own_model,
        revision,
    };
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
            .delete_as(&key.id, &id(name), at, attempt, Context::default())
            .await
            .unwrap();
        assert_eq!(&deletion, expected, "{name} {at} {attempt:?}");
    }
    assert_eq!(store.events.revision().await.unwrap(), revision);

    add_models(&store, &own(&acme), &[("own", 3)]).await;
    let deletion = store
        .models
        .delete_as(
            &owner.id,
            &id("own"),
            NOW,
            Attempt::Repeated,
            Context::default(),
        )
        .await
        .unwrap();
    assert!(
        matches!(deletion, Deletion::Deleted { .. }),
        "a model that was registered again is deleted again"
    );
    store.api_keys.revoke(&owner.id, origin()).await.unwrap();
    let deletion = store
        .models
        .delete_as(
            &owner.id,
            &id("own"),
            NOW,
            Attempt::Repeated,
            Context::default(),
        )
        .await
        .unwrap();
    assert_eq!(
        deletion,
        Deletion::Refused(DeletionRefusal::Key(KeyRejection::Revoked))
    );
}

/// An operator chose the name of another actor as the id of a key.
pub async fn a_key_does_not_pass_for_another_actor(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (mut key, digest) = api_key(&acme, Role::Owner);
    key.id = origin().actor.to_string().parse().unwrap();
    let inserted = store.api_keys.insert(key.clone(), digest, origin());
    inserted.await.unwrap().unwrap();
    add_models(&store, &own(&acme), &[("a", 1), ("b", 1)]).await;
    let deleted = store.models.delete(&own(&acme), &id("a"), origin()).await;
    assert!(deleted.unwrap().is_some());
    let repeat = async |model: &str| {
        let model = id(model);
        let deletion =
            store
                .models
                .delete_as(&key.id, &model, NOW, Attempt::Repeated, Context::default());
        deletion.await.unwrap()
    };
    let missing = Deletion::Refused(DeletionRefusal::NotFound);
    assert_eq!(repeat("a").await, missing, "the operator's deletion");
    assert!(matches!(repeat("b").await, Deletion::Deleted { .. }));
    assert!(matches!(repeat("b").await, Deletion::Repeated { .. }));
}

/// The key deletes models while it is revoked. Each deletion that succeeds must precede the
/// revocation.
pub async fn a_key_deletes_nothing_after_its_revocation(store: Store) {
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
                    .delete_as(&key_id, &id(&name), NOW, Attempt::First, Context::default())
                    .await
                    .unwrap()
            })
        })
        .collect();
    store.api_keys.revoke(&owner.id, origin()).await.unwrap();
    let mut deleted = 0;
    for deletion in deletions {
        match deletion.await.unwrap() {
            Deletion::Deleted { .. } => deleted += 1,
            Deletion::Refused(refusal) => {
                assert_eq!(refusal, DeletionRefusal::Key(KeyRejection::Revoked));
            }
            Deletion::Repeated { .. } => panic!("no request says that it is a repetition"),
        }
    }
    let events: Vec<_> = log(&store)
        .await
        .into_iter()
        .filter_map(LogEntry::into_event)
        .collect();
    let position = |kind: &str| events.iter().rposition(|event| event.change.kind() == kind);
    assert!(position("model.deleted") < position("api_key.deleted"));
    assert_eq!(
        store.models.list(&own(&acme)).await.unwrap().len(),
        40 - deleted
    );
}
