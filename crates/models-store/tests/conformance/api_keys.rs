use models_core::{
    AdministrationRefusal, ApiKey, ApiKeyId, KeyAccess, KeyRejection, KeyUses, ListedApiKey,
    Origin, Permissions, RepositoryError, Role, Timestamp,
};

use uuid::Uuid;

use crate::Store;
use crate::fixtures::administration::{access, credential};
use crate::fixtures::{NOW, add_api_key, add_organization, api_key, organization, origin};

pub async fn revoked_and_expired_keys_are_found_by_their_digest(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (mut key, digest) = api_key(&acme, Role::Writer);
    key.expires_at = Some(NOW);
    let inserted = store.api_keys.insert(key.clone(), digest, origin());
    inserted.await.unwrap().unwrap();

    let found = access(&store, &digest).await;
    assert_eq!(found, KeyAccess::unrestricted(key.clone()));
    assert_eq!(found.principal(NOW), Err(KeyRejection::Expired));
    let before = Timestamp::from_seconds(NOW.seconds() - 1);
    let permissions = found.principal(before).unwrap().permissions;
    assert_eq!(permissions, Permissions::of(Role::Writer, None, None));

    store.api_keys.revoke(&key.id, origin()).await.unwrap();
    let found = access(&store, &digest).await;
    assert_eq!(found.principal(before), Err(KeyRejection::Revoked));

    let (_, unknown) = api_key(&acme, Role::Owner);
    assert_eq!(credential(&store, &unknown).await, None);
}

pub async fn a_key_is_found_by_its_id(store: Store) {
    let acme = add_organization(&store, "acme").await;
    add_api_key(&store, &acme, Role::Owner).await;
    let (key, _) = add_api_key(&store, &acme, Role::Reader).await;
    let found = store.api_keys.find(&key.id).await.unwrap().unwrap();
    assert_eq!((&found.key, found.last_used_at), (&key, None));
    let revoked = store.api_keys.revoke(&key.id, origin()).await.unwrap();
    let found = store.api_keys.find(&key.id).await.unwrap().unwrap();
    assert_eq!(Some(found.key), revoked);
    let (missing, _) = api_key(&acme, Role::Owner);
    assert_eq!(store.api_keys.find(&missing.id).await.unwrap(), None);
}

pub async fn is_any_counts_revoked_keys(store: Store) {
    assert!(!store.api_keys.is_any().await.unwrap());
    let acme = add_organization(&store, "acme").await;
    assert!(!store.api_keys.is_any().await.unwrap());
    let (key, _) = add_api_key(&store, &acme, Role::Reader).await;
    assert!(store.api_keys.is_any().await.unwrap());
    store.api_keys.revoke(&key.id, origin()).await.unwrap();
    assert!(store.api_keys.is_any().await.unwrap());
}

pub async fn a_secret_can_be_inserted_once(store: Store) {
    let (acme, other) = (
        add_organization(&store, "acme").await,
        add_organization(&store, "other").await,
    );
    let (first, digest) = add_api_key(&store, &acme, Role::Owner).await;
    store.api_keys.revoke(&first.id, origin()).await.unwrap();

    let (again, _) = api_key(&other, Role::Reader);
    let refused = store.api_keys.insert(again, digest, origin()).await;
    assert!(
        matches!(refused, Err(RepositoryError::AlreadyExists)),
        "{refused:?}"
    );
    assert_eq!(store.api_keys.list(None).await.unwrap().len(), 1);
}

pub async fn a_key_belongs_to_a_project_of_its_organization(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let nowhere = organization("nowhere");
    let (key, digest) = api_key(&acme, Role::Owner);
    for (organization_id, project_id) in [
        (&acme.id, &other.default_project.id),
        (&acme.id, &nowhere.default_project.id),
        (&nowhere.id, &acme.default_project.id),
        (&nowhere.id, &nowhere.default_project.id),
    ] {
        let key = ApiKey {
            organization_id: organization_id.clone(),
            project_id: project_id.clone(),
            ..key.clone()
        };
        let refused = store.api_keys.insert(key, digest, origin()).await.unwrap();
        assert_eq!(refused, Err(AdministrationRefusal::NotFound));
    }
    assert_eq!(store.api_keys.list(None).await.unwrap(), []);
}

pub async fn keys_are_listed_by_creation_for_all_or_for_one_organization(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let mut keys = Vec::new();
    for (organization, created_at, id) in
        [(&acme, 3, 1), (&other, 2, 2), (&acme, 1, 4), (&acme, 1, 3)]
    {
        let (mut key, digest) = api_key(organization, Role::Reader);
        key.id = ApiKeyId::from_uuid(Uuid::from_u128(id));
        key.created_at = Timestamp::from_seconds(created_at);
        key.expires_at = Some(Timestamp::from_seconds(created_at));
        let inserted = store.api_keys.insert(key.clone(), digest, origin());
        inserted.await.unwrap().unwrap();
        keys.push(key);
    }
    keys[1] = store
        .api_keys
        .revoke(&keys[1].id, origin())
        .await
        .unwrap()
        .unwrap();
    let in_order = |places: &[usize]| {
        places
            .iter()
            .map(|place| never_used(keys[*place].clone()))
            .collect::<Vec<_>>()
    };

    assert_eq!(
        store.api_keys.list(None).await.unwrap(),
        in_order(&[3, 2, 1, 0])
    );
    assert_eq!(
        store.api_keys.list(Some(&acme.id)).await.unwrap(),
        in_order(&[3, 2, 0])
    );
    assert_eq!(
        store.api_keys.list(Some(&other.id)).await.unwrap(),
        in_order(&[1])
    );
}

pub async fn a_key_is_revoked_once(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (key, _) = add_api_key(&store, &acme, Role::Owner).await;
    let (other, _) = add_api_key(&store, &acme, Role::Owner).await;

    let revoked = store
        .api_keys
        .revoke(&key.id, origin())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW));
    let revision = store.events.revision().await.unwrap();

    let later = Origin {
        at: Timestamp::from_seconds(NOW.seconds() + 60),
        ..origin()
    };
    assert_eq!(
        store.api_keys.revoke(&key.id, later).await.unwrap(),
        Some(revoked.clone())
    );
    assert_eq!(store.events.revision().await.unwrap(), revision);
    assert!(
        store
            .api_keys
            .list(None)
            .await
            .unwrap()
            .contains(&never_used(other)),
        "only the one key is revoked"
    );
}

pub async fn a_missing_key_cannot_be_revoked(store: Store) {
    let missing = ApiKeyId::from_uuid(Uuid::now_v7());
    assert_eq!(
        store.api_keys.revoke(&missing, origin()).await.unwrap(),
        None
    );
}

fn never_used(key: ApiKey) -> ListedApiKey {
    ListedApiKey {
        key,
        last_used_at: None,
    }
}

pub async fn the_latest_use_of_a_key_is_recorded_without_an_event(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let (key, _) = add_api_key(&store, &acme, Role::Owner).await;
    let (other, _) = add_api_key(&store, &acme, Role::Owner).await;
    let missing = ApiKeyId::from_uuid(Uuid::now_v7());
    let revision = store.events.revision().await.unwrap();
    let at = Timestamp::from_seconds;
    for (uses, expected) in [
        (vec![(key.id.clone(), at(5)), (missing, at(9))], 5),
        (vec![(key.id.clone(), at(3))], 5),
        (vec![(key.id.clone(), at(8)), (key.id.clone(), at(7))], 8),
        (vec![], 8),
    ] {
        let uses = KeyUses {
            api_keys: uses,
            ..KeyUses::default()
        };
        store.credentials.record_uses(uses).await.unwrap();
        let listed = store.api_keys.list(None).await.unwrap();
        let last_used = ListedApiKey {
            key: key.clone(),
            last_used_at: Some(at(expected)),
        };
        assert!(listed.contains(&last_used), "{listed:?}");
        assert!(listed.contains(&never_used(other.clone())), "{listed:?}");
    }
    let many = (0..1_200).map(|second| (key.id.clone(), at(second)));
    let uses = KeyUses {
        api_keys: many.collect(),
        ..KeyUses::default()
    };
    store.credentials.record_uses(uses).await.unwrap();
    let listed = store.api_keys.list(None).await.unwrap();
    assert!(
        listed
            .iter()
            .any(|listed| listed.last_used_at == Some(at(1_199)))
    );
    assert_eq!(store.events.revision().await.unwrap(), revision);
}
