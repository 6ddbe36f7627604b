use models_core::{
    AccountRole, AdministrationRefusal, ApiKey, Change, InsertionRefusal, KeyRejection,
    Organization, Permission, Permissions, ProjectId, RepositoryError, Role, ServiceAccount,
    ServiceAccountUpdate,
};

use crate::Store;
use crate::fixtures::administration::{
    access, account, add_account, add_key_of, add_project, changes_after, credential, key_of,
    kinds_after, whole,
};
use crate::fixtures::{NOW, add_api_key, add_organization, origin};

async fn insert(
    store: &Store,
    account: &ServiceAccount,
) -> Result<Result<(), AdministrationRefusal>, RepositoryError> {
    let inserting = store
        .service_accounts
        .insert(account.clone(), None, origin());
    inserting.await
}

async fn update(
    store: &Store,
    account: &ServiceAccount,
    update: ServiceAccountUpdate,
) -> Result<ServiceAccount, AdministrationRefusal> {
    let updated = store.service_accounts.update(
        &account.organization_id,
        &account.project_id,
        &account.id,
        update,
        origin(),
    );
    updated.await.unwrap()
}

async fn find(store: &Store, account: &ServiceAccount) -> Option<ServiceAccount> {
    let found =
        store
            .service_accounts
            .find(&account.organization_id, &account.project_id, &account.id);
    found.await.unwrap()
}

pub async fn an_account_is_inserted_with_its_first_key(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let before = store.events.revision().await.unwrap();
    let account = account(&acme, &project.id, "a");
    let (key, digest) = key_of(&acme, &account);
    let inserted =
        store
            .service_accounts
            .insert(account.clone(), Some((key.clone(), digest)), origin());
    inserted.await.unwrap().unwrap();
    assert_eq!(find(&store, &account).await.as_ref(), Some(&account));
    let found = access(&store, &digest).await;
    assert_eq!(found.key, key);
    assert_eq!(found.account_role, Some(AccountRole::Member));
    let expected = [
        Change::ServiceAccountCreated(account.clone()),
        Change::ApiKeyCreated(key),
    ];
    assert_eq!(changes_after(&store, before).await, expected);

    let without = add_account(&store, &acme, &project.id, "0").await;
    let listed = store.service_accounts.list(&acme.id, &project.id, whole());
    let listed = listed.await.unwrap().unwrap();
    assert_eq!(listed.items, [account, without]);
    let default = &acme.default_project.id;
    let listed = store.service_accounts.list(&acme.id, default, whole());
    assert_eq!(listed.await.unwrap().unwrap().items, []);
}

pub async fn an_account_with_a_taken_id_or_key_is_not_inserted(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let default = &acme.default_project.id;
    let taken = add_account(&store, &acme, default, "taken").await;
    let (key, digest) = add_key_of(&store, &acme, &taken).await;
    let deleted = add_account(&store, &acme, default, "deleted").await;
    let deletion = store
        .service_accounts
        .delete(&acme.id, default, &deleted.id, origin());
    deletion.await.unwrap().unwrap();
    let before = store.events.revision().await.unwrap();

    for id in ["taken", "deleted"] {
        let refused = insert(&store, &account(&other, &other.default_project.id, id)).await;
        assert!(
            matches!(refused, Err(RepositoryError::AlreadyExists)),
            "{refused:?}"
        );
    }
    let new = account(&other, &other.default_project.id, "new");
    let (fresh, fresh_digest) = key_of(&other, &new);
    let same_id = ApiKey {
        id: key.id,
        ..fresh.clone()
    };
    for key in [(same_id, fresh_digest), (fresh, digest)] {
        let inserting = store
            .service_accounts
            .insert(new.clone(), Some(key), origin());
        let refused = inserting.await;
        assert!(
            matches!(refused, Err(RepositoryError::AlreadyExists)),
            "{refused:?}"
        );
        assert_eq!(find(&store, &new).await, None);
    }
    assert_eq!(store.events.revision().await.unwrap(), before);
}

pub async fn an_account_belongs_to_a_project_of_its_organization(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let missing: ProjectId = "missing".parse().unwrap();
    for project_id in [&missing, &other.default_project.id] {
        let refused = insert(&store, &account(&acme, project_id, "a")).await;
        assert_eq!(refused.unwrap(), Err(AdministrationRefusal::NotFound));
        let listed = store.service_accounts.list(&acme.id, project_id, whole());
        assert_eq!(listed.await.unwrap(), None);
    }
    // A key names an account of its own project.
    let project = add_project(&store, &acme, "p").await;
    let beside = add_account(&store, &acme, &acme.default_project.id, "beside").await;
    let foreign = add_account(&store, &other, &other.default_project.id, "foreign").await;
    for owner in [beside, foreign] {
        let (mut key, digest) = key_of(&acme, &owner);
        key.project_id = project.id.clone();
        let inserted = store.api_keys.insert(key, digest, origin()).await;
        assert_eq!(inserted.unwrap(), Err(AdministrationRefusal::NotFound));
    }
}

pub async fn a_change_of_the_role_reaches_the_accounts_keys(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let default = &acme.default_project.id;
    let changed = add_account(&store, &acme, default, "changed").await;
    let (_, digest) = add_key_of(&store, &acme, &changed).await;
    let kept = add_account(&store, &acme, default, "kept").await;
    let (_, kept_digest) = add_key_of(&store, &acme, &kept).await;
    let (_, without) = add_api_key(&store, &acme, Role::Reader).await;
    let permissions = async |digest| access(&store, digest).await.holder().permissions;
    let before = [permissions(&kept_digest).await, permissions(&without).await];

    for (role, key_role, expected) in [
        (AccountRole::Owner, Role::Owner, Some(Role::Owner)),
        (AccountRole::None, Role::Owner, None),
        (AccountRole::Member, Role::Writer, Some(Role::Writer)),
    ] {
        let to_role = ServiceAccountUpdate {
            name: None,
            role: Some(role),
        };
        let updated = update(&store, &changed, to_role).await.unwrap();
        assert_eq!(updated.role, role);
        assert_eq!(updated.name, changed.name);
        let found = access(&store, &digest).await;
        assert_eq!((found.account_role, found.key.role), (Some(role), key_role));
        let granted = found.holder().permissions;
        match expected {
            Some(role) => assert_eq!(granted, Permissions::of(role, None, None)),
            None => assert!(Permission::ALL.iter().all(|one| !granted.has(*one))),
        }
    }
    let after = [permissions(&kept_digest).await, permissions(&without).await];
    assert_eq!(after, before);
}

pub async fn an_update_without_a_difference_is_not_logged(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let first = add_account(&store, &acme, &acme.default_project.id, "a").await;
    let renamed = ServiceAccount {
        name: "another name".parse().unwrap(),
        ..first.clone()
    };
    let before = store.events.revision().await.unwrap();
    let to_name = ServiceAccountUpdate {
        name: Some(renamed.name.clone()),
        role: Some(first.role),
    };
    for change in [to_name.clone(), to_name, ServiceAccountUpdate::default()] {
        assert_eq!(update(&store, &first, change).await.as_ref(), Ok(&renamed));
    }
    let expected = Change::ServiceAccountUpdated {
        before: first,
        after: renamed,
    };
    assert_eq!(changes_after(&store, before).await, [expected]);
}

pub async fn accounts_of_several_organizations_are_inserted_together_or_not_at_all(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let archived = add_project(&store, &other, "archived").await;
    let archive = store.projects.archive(&other.id, &archived.id, origin());
    archive.await.unwrap().unwrap();
    add_account(&store, &acme, &acme.default_project.id, "taken").await;
    let new = |organization: &Organization, project: &ProjectId, id: &str| {
        let account = account(organization, project, id);
        let (key, digest) = key_of(organization, &account);
        (account, key, digest)
    };
    let first = new(&acme, &acme.default_project.id, "first");
    let second = new(&other, &other.default_project.id, "second");
    let before = store.events.revision().await.unwrap();
    let archived = InsertionRefusal::Refused(AdministrationRefusal::Archived);
    let missing = InsertionRefusal::Refused(AdministrationRefusal::NotFound);
    let taken = InsertionRefusal::AlreadyExists;
    let mut same_secret = new(&acme, &acme.default_project.id, "third");
    same_secret.2 = first.2;
    for (refused, refusal) in [
        (new(&other, &"archived".parse().unwrap(), "third"), archived),
        (new(&acme, &other.default_project.id, "third"), missing),
        (new(&acme, &acme.default_project.id, "taken"), taken),
        (same_secret, taken),
    ] {
        let rows = vec![first.clone(), second.clone(), refused];
        let inserted = store.service_accounts.insert_all(rows, origin()).await;
        assert_eq!(inserted.unwrap(), Err((2, refusal)));
        assert_eq!(store.events.revision().await.unwrap(), before);
        assert_eq!(find(&store, &first.0).await, None);
    }
    let rows = vec![first.clone(), second.clone()];
    let inserted = store.service_accounts.insert_all(rows, origin()).await;
    assert_eq!(inserted.unwrap(), Ok(()));
    for (account, key, digest) in [first, second] {
        assert_eq!(find(&store, &account).await, Some(account));
        assert_eq!(access(&store, &digest).await.key, key);
    }
    let kinds = kinds_after(&store, before).await;
    let both = ["service_account.created", "api_key.created"];
    assert_eq!(kinds, [both, both].concat());
}

pub async fn a_deleted_account_takes_its_keys_along(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let default = &acme.default_project.id;
    let deleted = add_account(&store, &acme, default, "deleted").await;
    let kept = add_account(&store, &acme, default, "kept").await;
    let (_, valid) = add_key_of(&store, &acme, &kept).await;
    let mut digests = Vec::new();
    for _ in 0..2 {
        digests.push(add_key_of(&store, &acme, &deleted).await.1);
    }
    let (revoked, _) = add_key_of(&store, &acme, &deleted).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let before = store.events.revision().await.unwrap();

    let delete = async || {
        let deletion = store
            .service_accounts
            .delete(&acme.id, default, &deleted.id, origin());
        deletion.await.unwrap()
    };
    // The second call may repeat the first one, whose response was lost.
    for _ in 0..2 {
        assert_eq!(delete().await, Ok(deleted.clone()));
    }
    let beside = add_project(&store, &acme, "beside").await;
    let elsewhere = store
        .service_accounts
        .delete(&acme.id, &beside.id, &deleted.id, origin());
    assert_eq!(
        elsewhere.await.unwrap(),
        Err(AdministrationRefusal::NotFound)
    );
    let mut kinds = kinds_after(&store, before).await;
    kinds.sort_unstable();
    let expected = [
        "api_key.deleted",
        "api_key.deleted",
        "project.created",
        "service_account.deleted",
    ];
    assert_eq!(kinds, expected, "the revoked key has its event already");

    assert_eq!(find(&store, &deleted).await, None);
    let change = ServiceAccountUpdate::default();
    let updated = update(&store, &deleted, change).await;
    assert_eq!(updated, Err(AdministrationRefusal::NotFound));
    for digest in &digests {
        let found = access(&store, digest).await;
        assert_eq!(found.principal(NOW), Err(KeyRejection::Revoked));
        assert_eq!(found.key.revoked_at, Some(NOW));
    }
    assert!(access(&store, &valid).await.principal(NOW).is_ok());
    let listed = store.service_accounts.list(&acme.id, default, whole());
    assert_eq!(listed.await.unwrap().unwrap().items, [kept]);
    let (key, digest) = key_of(&acme, &deleted);
    let inserted = store.api_keys.insert(key, digest, origin()).await;
    assert_eq!(inserted.unwrap(), Err(AdministrationRefusal::NotFound));
    assert_eq!(credential(&store, &digest).await, None);
}
