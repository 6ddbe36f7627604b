use models_core::{
    AccountRole, AdministrationRefusal, ApiKey, ApiKeyId, ApiKeyUpdate, Change, KeyRejection,
    KeyUses, ListedApiKey, Order, Organization, OwnedApiKey, Permission, Permissions, ProjectId,
    Role, Timestamp,
};

use crate::Store;
use crate::fixtures::administration::{
    access, account, add_account, add_key_of, add_project, changes_after, kinds_after, page,
    scopes, whole,
};
use crate::fixtures::{NOW, add_api_key, add_organization, origin};

/// The keys of a project that are not revoked.
async fn list(store: &Store, organization: &Organization, id: &ProjectId) -> Vec<OwnedApiKey> {
    let listed = store
        .api_keys
        .list_of_project(&organization.id, id, whole());
    listed.await.unwrap().unwrap().items
}

async fn find(store: &Store, key: &ApiKey) -> Option<OwnedApiKey> {
    let found = store
        .api_keys
        .find_in_project(&key.organization_id, &key.project_id, &key.id);
    found.await.unwrap()
}

async fn update(
    store: &Store,
    key: &ApiKey,
    update: ApiKeyUpdate,
) -> Result<ApiKey, AdministrationRefusal> {
    let (organization_id, project_id) = (&key.organization_id, &key.project_id);
    let updated =
        store
            .api_keys
            .update_in_project(organization_id, project_id, &key.id, update, origin());
    updated.await.unwrap().map(|updated| updated.listed.key)
}

async fn revoke(store: &Store, key: &ApiKey) -> Result<ApiKey, AdministrationRefusal> {
    let (organization_id, project_id) = (&key.organization_id, &key.project_id);
    let revoked = store
        .api_keys
        .revoke_in_project(organization_id, project_id, &key.id, origin());
    revoked.await.unwrap()
}

pub async fn the_keys_of_a_project_are_listed_with_their_accounts(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let first = add_account(&store, &acme, &project.id, "first").await;
    let second = add_account(&store, &acme, &project.id, "second").await;
    let mut expected = Vec::new();
    for owner in [&second, &first, &second] {
        let (key, _) = add_key_of(&store, &acme, owner).await;
        let listed = ListedApiKey {
            key,
            last_used_at: None,
        };
        expected.push(OwnedApiKey {
            listed,
            account: Some(owner.clone()),
        });
    }
    let (older, _) = add_api_key(&store, &acme, Role::Reader).await;
    let used_at = Timestamp::from_seconds(5);
    let uses = vec![(expected[1].listed.key.id.clone(), used_at)];
    let uses = KeyUses {
        api_keys: uses,
        ..KeyUses::default()
    };
    store.credentials.record_uses(uses).await.unwrap();
    expected[1].listed.last_used_at = Some(used_at);

    assert_eq!(list(&store, &acme, &project.id).await, expected);
    for owned in &expected {
        assert_eq!(find(&store, &owned.listed.key).await.as_ref(), Some(owned));
    }
    // The key of an older program has no account.
    let without = OwnedApiKey {
        listed: ListedApiKey {
            key: older,
            last_used_at: None,
        },
        account: None,
    };
    let default = &acme.default_project.id;
    assert_eq!(list(&store, &acme, default).await, [without]);
    let missing = "missing".parse().unwrap();
    let listed = store.api_keys.list_of_project(&acme.id, &missing, whole());
    assert_eq!(listed.await.unwrap(), None);

    let first_two = page(None, 2, Order::Ascending);
    let listed = store
        .api_keys
        .list_of_project(&acme.id, &project.id, first_two);
    let listed = listed.await.unwrap().unwrap();
    assert_eq!(listed.items, expected[..2]);
    let second = expected[1].listed.key.id.as_str();
    assert_eq!(listed.next.as_deref(), Some(second));
}

pub async fn scopes_and_expiry_of_a_key_are_changed_together(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let owner = add_account(&store, &acme, &acme.default_project.id, "a").await;
    let (key, digest) = add_key_of(&store, &acme, &owner).await;
    let before = store.events.revision().await.unwrap();
    let at = Timestamp::from_seconds;
    let (reading, later) = (
        scopes(&["api.model.read", "unknown"]),
        at(NOW.seconds() + 9),
    );
    let both = ApiKeyUpdate {
        scopes: Some(reading.clone()),
        expires_at: Some(later),
    };
    let restricted = ApiKey {
        scopes: reading.clone(),
        expires_at: Some(later),
        ..key.clone()
    };
    // The second call changes nothing.
    for _ in 0..2 {
        let updated = update(&store, &key, both.clone()).await;
        assert_eq!(updated.as_ref(), Ok(&restricted));
    }
    let found = access(&store, &digest).await;
    assert_eq!(found.key, restricted);
    let expected = Permissions::of(Role::Writer, Some(AccountRole::Member), reading.as_ref());
    assert_eq!(found.holder().permissions, expected);
    assert!(expected.has(Permission::ReadModels) && !expected.has(Permission::WriteModels));

    let all = ApiKeyUpdate {
        scopes: Some(None),
        expires_at: None,
    };
    let widened = ApiKey {
        scopes: None,
        ..restricted.clone()
    };
    assert_eq!(update(&store, &key, all).await.as_ref(), Ok(&widened));
    assert_eq!(access(&store, &digest).await.key, widened);
    let expected = [
        Change::ApiKeyUpdated {
            before: key,
            after: restricted.clone(),
        },
        Change::ApiKeyUpdated {
            before: restricted,
            after: widened,
        },
    ];
    assert_eq!(changes_after(&store, before).await, expected);
}

pub async fn an_expired_or_revoked_key_is_not_changed(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let owner = add_account(&store, &acme, &acme.default_project.id, "a").await;
    let (expired, _) = add_key_of(&store, &acme, &owner).await;
    let (revoked, _) = add_key_of(&store, &acme, &owner).await;
    let ending = ApiKeyUpdate {
        scopes: None,
        expires_at: Some(NOW),
    };
    update(&store, &expired, ending).await.unwrap();
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let before = store.events.revision().await.unwrap();
    let longer = ApiKeyUpdate {
        scopes: None,
        expires_at: Some(Timestamp::from_seconds(NOW.seconds() + 9)),
    };
    let refused = update(&store, &expired, longer.clone()).await;
    assert_eq!(refused, Err(AdministrationRefusal::InvalidKey));
    let missing = ApiKey {
        id: "missing".parse().unwrap(),
        ..expired
    };
    for key in [revoked, missing] {
        let refused = update(&store, &key, longer.clone()).await;
        assert_eq!(refused, Err(AdministrationRefusal::NotFound));
    }
    assert_eq!(store.events.revision().await.unwrap(), before);
}

pub async fn a_key_of_a_project_is_revoked(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let owner = add_account(&store, &acme, &acme.default_project.id, "a").await;
    let (key, digest) = add_key_of(&store, &acme, &owner).await;
    let (kept, _) = add_key_of(&store, &acme, &owner).await;
    let before = store.events.revision().await.unwrap();
    let revoked = ApiKey {
        revoked_at: Some(NOW),
        ..key.clone()
    };
    // The second call keeps the first time, and changes nothing.
    for _ in 0..2 {
        assert_eq!(revoke(&store, &key).await.as_ref(), Ok(&revoked));
    }
    assert_eq!(kinds_after(&store, before).await, ["api_key.deleted"]);
    let found = access(&store, &digest).await;
    assert_eq!(found.principal(NOW), Err(KeyRejection::Revoked));
    assert_eq!(find(&store, &key).await, None);
    let listed = list(&store, &acme, &acme.default_project.id).await;
    let ids: Vec<&ApiKeyId> = listed.iter().map(|owned| &owned.listed.key.id).collect();
    assert_eq!(ids, [&kept.id]);
}

/// A key of an account without a role is a reader without permissions.
pub async fn the_key_of_an_account_without_a_role_has_no_permissions(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let mut owner = account(&acme, &acme.default_project.id, "none");
    owner.role = AccountRole::None;
    let inserted = store.service_accounts.insert(owner.clone(), None, origin());
    inserted.await.unwrap().unwrap();
    let (key, digest) = add_key_of(&store, &acme, &owner).await;
    assert_eq!(key.role, Role::Reader);
    let found = access(&store, &digest).await;
    assert_eq!(found.account_role, Some(AccountRole::None));
    let permissions = found.principal(NOW).unwrap().permissions;
    assert!(Permission::ALL.iter().all(|one| !permissions.has(*one)));
}
