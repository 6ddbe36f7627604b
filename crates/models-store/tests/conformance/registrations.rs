use std::sync::Arc;

use models_core::{
    Actor, ApiKeyId, Attempt, Context, FieldUpdate, KeyRejection, Mint, NamedFields, Origin,
    Policy, PolicyMode, RandomPart, Registered, Registrant, Registration, RegistrationRefusal,
    RequestedId, Role, Scope, Timestamp,
};

use crate::Store;
use crate::fixtures::{NOW, add_api_key, add_models, add_organization, id, ids, origin, own};

fn by(key: &ApiKeyId) -> Origin {
    Origin {
        actor: Actor::ApiKey(key.clone()),
        at: NOW,
        context: Context::default(),
    }
}

fn named(id: &str) -> Registration {
    Registration {
        id: RequestedId::Named(id.parse().unwrap()),
        fields: NamedFields::default(),
    }
}

fn minted(base: &str, suffix: &str, random: u8) -> Registration {
    Registration {
        id: RequestedId::Minted(Mint {
            base_model: id(base),
            suffix: suffix.parse().unwrap(),
            random: RandomPart::from_random([random; 8]),
        }),
        fields: NamedFields::default(),
    }
}

async fn register(
    store: &Store,
    registration: Registration,
    attempt: Attempt,
    origin: Origin,
) -> Result<Registered, RegistrationRefusal> {
    let repository = &store.registrations;
    let registered = repository.register(Registrant::Key, registration, attempt, origin);
    registered.await.unwrap()
}

pub async fn a_writer_registers_models_of_its_organization(store: Store) {
    let (acme, other) = (
        add_organization(&store, "acme").await,
        add_organization(&store, "other").await,
    );
    add_models(&store, &Scope::Public, &[("public", 1)]).await;
    add_models(&store, &own(&other), &[("foreign", 1)]).await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    let (reader, _) = add_api_key(&store, &acme, Role::Reader).await;
    for (key, model, refusal) in [
        (&reader, "new", RegistrationRefusal::Permission),
        (&reader, "public", RegistrationRefusal::Permission),
        (&writer, "public", RegistrationRefusal::Public(id("public"))),
    ] {
        let refused = register(&store, named(model), Attempt::First, by(&key.id)).await;
        assert_eq!(refused, Err(refusal), "{model}");
    }
    // The id of another organization is free.
    let Ok(Registered::Created { model, revision }) =
        register(&store, named("foreign"), Attempt::First, by(&writer.id)).await
    else {
        panic!("not created");
    };
    assert_eq!(revision, store.events.revision().await.unwrap());
    assert_eq!((model.owned_by.as_str(), model.created), ("acme Inc.", NOW));
    assert_eq!(model.scope, own(&acme));
    // The same request again, in which only the id is named.
    let again = register(&store, named("foreign"), Attempt::First, by(&writer.id)).await;
    assert_eq!(
        again,
        Ok(Registered::Unchanged {
            model: model.clone(),
            revision
        })
    );
    let different = Registration {
        fields: NamedFields {
            created: Some(Timestamp::from_seconds(1)),
            ..NamedFields::default()
        },
        ..named("foreign")
    };
    let refused = register(&store, different, Attempt::Repeated, by(&writer.id)).await;
    assert_eq!(refused, Err(RegistrationRefusal::Different(id("foreign"))));
    assert_eq!(store.events.revision().await.unwrap(), revision);
    assert_eq!(store.models.list(&own(&acme)).await.unwrap(), [model]);
}

pub async fn a_policy_denies_registrations(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("secret", 1)]).await;
    add_models(&store, &Scope::Public, &[("base", 1), ("hidden-base", 1)]).await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    let entries = ["secret", "ft:*:bad:*", "hidden-*"];
    let entries = entries.map(|entry| entry.parse().unwrap()).to_vec();
    let policy = Policy::new(PolicyMode::DenyList, entries).unwrap();
    let project = &acme.default_project.id;
    let set = store
        .projects
        .set_policy(&acme.id, project, Some(Arc::new(policy)), origin());
    set.await.unwrap().unwrap();
    for (registration, refusal) in [
        (named("secret"), RegistrationRefusal::Denied(id("secret"))),
        (
            named("hidden-new"),
            RegistrationRefusal::Denied(id("hidden-new")),
        ),
        (
            minted("base", "bad", 0),
            RegistrationRefusal::Denied(id("ft:base:acme:bad:00000000")),
        ),
        (
            minted("hidden-base", "", 0),
            RegistrationRefusal::NotFound(id("hidden-base")),
        ),
        (
            minted("missing", "", 0),
            RegistrationRefusal::NotFound(id("missing")),
        ),
        (
            minted(&"a".repeat(256), "", 0),
            RegistrationRefusal::NotFound(id(&"a".repeat(256))),
        ),
    ] {
        let refused = register(&store, registration, Attempt::First, by(&writer.id)).await;
        assert_eq!(refused, Err(refusal));
    }
    let repository = &store.registrations;
    let updated = repository.update(
        Registrant::Key,
        id("secret"),
        NamedFields::default(),
        None,
        by(&writer.id),
    );
    let refusal = RegistrationRefusal::NotFound(id("secret"));
    assert_eq!(updated.await.unwrap(), Err(refusal));
}

pub async fn a_minted_id_is_repeated_for_a_minute_for_the_same_key(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &Scope::Public, &[("base", 1)]).await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    let (another, _) = add_api_key(&store, &acme, Role::Owner).await;
    let first = register(
        &store,
        minted("base", "", 1),
        Attempt::First,
        by(&writer.id),
    )
    .await;
    let Ok(Registered::Created { model, revision }) = first else {
        panic!("not created: {first:?}");
    };
    assert_eq!(model.id, id("ft:base:acme::11111111"));
    // An id with a suffix does not begin with the same prefix.
    let other = register(
        &store,
        minted("base", "x", 2),
        Attempt::First,
        by(&writer.id),
    )
    .await;
    assert!(matches!(other, Ok(Registered::Created { .. })));
    let repeated = register(
        &store,
        minted("base", "", 3),
        Attempt::Repeated,
        by(&writer.id),
    )
    .await;
    let unchanged = Registered::Unchanged { model, revision };
    assert_eq!(repeated, Ok(unchanged));
    let with_owner = Registration {
        fields: NamedFields {
            owned_by: Some("another owner".parse().unwrap()),
            ..NamedFields::default()
        },
        ..minted("base", "", 4)
    };
    let later = |seconds| Origin {
        at: Timestamp::from_seconds(NOW.seconds() + seconds),
        ..by(&writer.id)
    };
    for (registration, attempt, origin) in [
        (minted("base", "", 5), Attempt::First, by(&writer.id)),
        (minted("base", "", 6), Attempt::Repeated, by(&another.id)),
        (with_owner, Attempt::Repeated, by(&writer.id)),
        (minted("base", "", 7), Attempt::Repeated, later(61)),
    ] {
        let registered = register(&store, registration, attempt, origin).await;
        assert!(
            matches!(registered, Ok(Registered::Created { .. })),
            "{registered:?}"
        );
    }
}

pub async fn concurrent_registrations_of_one_id_create_one_model(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    let registering = (0..8).map(|number: u32| {
        let (store, origin) = (store.clone(), by(&writer.id));
        let fields = NamedFields {
            created: Some(Timestamp::from_seconds(number % 2)),
            ..NamedFields::default()
        };
        let registration = Registration {
            fields,
            ..named("new")
        };
        tokio::spawn(async move { register(&store, registration, Attempt::First, origin).await })
    });
    let mut outcomes = [0; 3];
    for outcome in registering.collect::<Vec<_>>() {
        match outcome.await.unwrap() {
            Ok(Registered::Created { .. }) => outcomes[0] += 1,
            Ok(Registered::Unchanged { .. }) => outcomes[1] += 1,
            Err(RegistrationRefusal::Different(_)) => outcomes[2] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(outcomes, [1, 3, 4]);
}

pub async fn an_update_changes_the_named_fields_under_a_condition(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    add_models(&store, &Scope::Public, &[("public", 1)]).await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    let update = async |model: &str, date: Option<&str>, holds: Option<bool>| {
        let fields = NamedFields {
            shutdown_date: match date {
                Some(date) => FieldUpdate::Set(date.parse().unwrap()),
                None => FieldUpdate::Remove,
            },
            ..NamedFields::default()
        };
        let condition = holds.map(|holds| Arc::new(move |_: &_| holds) as _);
        let origin = by(&writer.id);
        let repository = &store.registrations;
        let updated = repository.update(Registrant::Key, id(model), fields, condition, origin);
        updated.await.unwrap()
    };
    let before = store.events.revision().await.unwrap();
    let date = Some("2027-01-31");
    assert_eq!(
        update("own", date, Some(false)).await,
        Err(RegistrationRefusal::Condition)
    );
    assert_eq!(
        update("public", date, None).await,
        Err(RegistrationRefusal::Permission)
    );
    let missing = RegistrationRefusal::NotFound(id("missing"));
    assert_eq!(update("missing", date, Some(false)).await, Err(missing));
    assert_eq!(store.events.revision().await.unwrap(), before);
    let Ok(Registered::Updated { model, revision }) = update("own", date, Some(true)).await else {
        panic!("not updated");
    };
    assert_eq!(revision.0, before.0 + 1);
    assert_eq!(model.shutdown_date, "2027-01-31".parse().ok());
    assert_eq!(
        (model.owned_by.as_str(), model.created.seconds()),
        ("someone", 1)
    );
    assert_eq!(
        store.models.list(&own(&acme)).await.unwrap(),
        std::slice::from_ref(&model)
    );
    let again = update("own", date, None).await;
    assert_eq!(again, Ok(Registered::Unchanged { model, revision }));
    let Ok(Registered::Updated { model, .. }) = update("own", None, None).await else {
        panic!("not updated");
    };
    assert_eq!(model.shutdown_date, None);
}

pub async fn a_revoked_key_registers_nothing(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (writer, _) = add_api_key(&store, &acme, Role::Writer).await;
    store
        .api_keys
        .revoke(&writer.id, origin())
        .await
        .unwrap()
        .unwrap();
    let refused = register(&store, named("new"), Attempt::First, by(&writer.id)).await;
    assert_eq!(
        refused,
        Err(RegistrationRefusal::Key(KeyRejection::Revoked))
    );
    assert!(store.models.list(&own(&acme)).await.unwrap().is_empty());
}

pub async fn an_operator_registers_in_any_scope(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_models(&store, &Scope::Public, &[("base", 1)]).await;
    for (scope, owner) in [(Scope::Public, "system"), (own(&acme), "acme Inc.")] {
        let registrant = || Registrant::Operator {
            scope: scope.clone(),
            default_owner: owner.parse().unwrap(),
        };
        let repository = &store.registrations;
        let created = repository.register(registrant(), named("new"), Attempt::First, origin());
        let Ok(Registered::Created { model, .. }) = created.await.unwrap() else {
            panic!("not created");
        };
        assert_eq!((&model.scope, model.owned_by.as_str()), (&scope, owner));
        let registration = minted("base", "", 1);
        let minted = repository.register(registrant(), registration, Attempt::First, origin());
        let is_own = scope != Scope::Public;
        assert_eq!(minted.await.unwrap().is_ok(), is_own);
        let fields = NamedFields {
            owned_by: Some("me".parse().unwrap()),
            ..NamedFields::default()
        };
        let updated = repository.update(registrant(), id("new"), fields, None, origin());
        assert!(matches!(
            updated.await.unwrap(),
            Ok(Registered::Updated { .. })
        ));
    }
    let models = store.models.list(&own(&acme)).await.unwrap();
    let mut found = ids(&models);
    found.sort_unstable();
    assert_eq!(found, ["ft:base:acme::11111111", "new"]);
}
