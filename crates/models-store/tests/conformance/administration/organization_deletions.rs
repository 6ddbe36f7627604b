use std::sync::Arc;

use models_core::{
    AccountRole, AdministrationRefusal, Change, ImportEntry, KeyRejection, Name, Organization,
    OrganizationContents, OrganizationUpdate, RepositoryError, Role, Scope,
};

use crate::Store;
use crate::fixtures::administration::{
    access, account, add_account, add_admin_key, add_key_of, add_project, administrator,
    changes_after, key_of, project, whole,
};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, entry, ids, import, organization, origin, own,
};

pub async fn a_deletion_removes_all_contents_in_one_change(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let part = add_project(&store, &acme, "p").await;
    let archived = add_project(&store, &acme, "archived").await;
    let archive = store.projects.archive(&acme.id, &archived.id, origin());
    archive.await.unwrap().unwrap();
    let owner = add_account(&store, &acme, &part.id, "a").await;
    let (key, digest) = add_key_of(&store, &acme, &owner).await;
    let (_, without_account) = add_api_key(&store, &acme, Role::Owner).await;
    let (revoked, _) = add_api_key(&store, &acme, Role::Reader).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let (_, admin_digest) = add_admin_key(&store, &acme, "admin").await;
    add_models(&store, &own(&acme), &[("m", 1), ("n", 1)]).await;
    // The other organization keeps everything.
    let beside = add_account(&store, &other, &other.default_project.id, "b").await;
    let (_, digest_beside) = add_key_of(&store, &other, &beside).await;
    let (_, admin_beside) = add_admin_key(&store, &other, "beside").await;
    add_models(&store, &own(&other), &[("m", 1)]).await;
    add_models(&store, &Scope::Public, &[("public", 1)]).await;

    let expected = OrganizationContents {
        api_keys: 2,
        admin_api_keys: 1,
        projects: 3,
        service_accounts: 1,
        models: 2,
    };
    let organizations = &store.organizations;
    let contents = organizations.contents(&acme.id).await.unwrap();
    assert_eq!(contents, Some(expected));
    let before = store.events.revision().await.unwrap();
    let deleted = organizations.delete(&acme.id, origin()).await.unwrap();
    assert_eq!(deleted, Some(expected));
    let changes = changes_after(&store, before).await;
    let change = Change::OrganizationDeleted {
        organization: acme.clone(),
        removed: expected,
    };
    assert_eq!(changes, [change]);

    assert_eq!(
        organizations.list().await.unwrap(),
        std::slice::from_ref(&other)
    );
    let found = organizations.find_by_slug(&acme.slug).await.unwrap();
    assert_eq!(found, None);
    assert_eq!(organizations.settings(&acme.id).await.unwrap(), None);
    assert_eq!(organizations.contents(&acme.id).await.unwrap(), None);
    for digest in [&digest, &without_account] {
        let rejection = access(&store, digest).await.principal(NOW).unwrap_err();
        assert_eq!(rejection, KeyRejection::Revoked);
    }
    let rejection = administrator(&store, &admin_digest).await.validity();
    assert_eq!(rejection.check(NOW), Err(KeyRejection::Revoked));
    assert_eq!(store.models.list(&own(&acme)).await.unwrap(), []);
    let listed = store.api_keys.list(None).await.unwrap();
    assert_eq!(listed.len(), 1, "the keys of the other organization");
    assert_eq!(store.api_keys.find(&key.id).await.unwrap(), None);

    assert!(access(&store, &digest_beside).await.principal(NOW).is_ok());
    let beside = administrator(&store, &admin_beside).await.validity();
    assert_eq!(beside.check(NOW), Ok(()));
    let models = store.models.list(&own(&other)).await.unwrap();
    assert_eq!(ids(&models), ["m"]);
    let models = store.models.list(&Scope::Public).await.unwrap();
    assert_eq!(ids(&models), ["public"]);
}

/// A statement changes at most 5,000 models.
pub async fn many_models_are_renamed_and_deleted_in_pieces(store: Store) {
    const MODELS: u32 = 10_001;
    let acme = add_organization(&store, "acme").await;
    let owned = |number: u32| ImportEntry {
        owned_by: Some(acme.name.as_str().parse().unwrap()),
        ..entry(&format!("m{number}"), 1)
    };
    let entries = (0..MODELS).map(owned).collect();
    let imported = store
        .models
        .import(import(own(&acme), entries), origin(), Arc::new(|_| ()));
    imported.await.unwrap();
    let name: Name = "Acme & Sons".parse().unwrap();
    let update = OrganizationUpdate::Name(name.clone());
    let updated = store.organizations.update(&acme.id, update, origin());
    updated.await.unwrap().unwrap();
    let models = store.models.list(&own(&acme)).await.unwrap();
    let renamed = models.iter().filter(|model| model.owned_by == name);
    assert_eq!(renamed.count(), 10_001);
    let deleted = store.organizations.delete(&acme.id, origin()).await;
    assert_eq!(deleted.unwrap().unwrap().models, u64::from(MODELS));
    assert_eq!(store.models.list(&own(&acme)).await.unwrap(), []);
}

pub async fn the_slug_and_the_ids_of_a_deleted_organization_stay_taken(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let part = add_project(&store, &acme, "p").await;
    let owner = add_account(&store, &acme, &part.id, "a").await;
    let (key, digest) = add_key_of(&store, &acme, &owner).await;
    add_admin_key(&store, &acme, "admin").await;
    let deleted = store.organizations.delete(&acme.id, origin()).await;
    assert!(deleted.unwrap().is_some());
    let same_id = Organization {
        id: acme.id.clone(),
        ..organization("new")
    };
    for taken in [organization("acme"), same_id] {
        let refused = store.organizations.insert(taken, origin()).await;
        assert!(matches!(refused, Err(RepositoryError::AlreadyExists)));
    }
    let other = add_organization(&store, "other").await;
    let default = &other.default_project.id;
    let taken = store
        .projects
        .insert(&other.id, project("p"), origin())
        .await;
    assert!(matches!(taken, Err(RepositoryError::AlreadyExists)));
    let taken = store
        .service_accounts
        .insert(account(&other, default, "a"), None, origin());
    assert!(matches!(taken.await, Err(RepositoryError::AlreadyExists)));
    let beside = add_account(&store, &other, default, "b").await;
    let (mut same_id, unused) = key_of(&other, &beside);
    same_id.id = key.id;
    let (same_secret, _) = key_of(&other, &beside);
    for (key, digest) in [(same_id, unused), (same_secret, digest)] {
        let taken = store.api_keys.insert(key, digest, origin()).await;
        assert!(matches!(taken, Err(RepositoryError::AlreadyExists)));
    }
}

pub async fn a_deleted_organization_gets_no_further_contents(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let default = acme.default_project.id.clone();
    let owner = add_account(&store, &acme, &default, "a").await;
    let (admin, admin_digest) = crate::fixtures::administration::admin_key(&acme, "later");
    assert!(
        store
            .organizations
            .delete(&acme.id, origin())
            .await
            .unwrap()
            .is_some()
    );
    let before = store.events.revision().await.unwrap();
    let not_found = AdministrationRefusal::NotFound;
    let inserted = store
        .projects
        .insert(&acme.id, project("new"), origin())
        .await;
    assert_eq!(inserted.unwrap(), Err(not_found));
    let mut new = account(&acme, &default, "new");
    new.role = AccountRole::Owner;
    let inserted = store.service_accounts.insert(new, None, origin()).await;
    assert_eq!(inserted.unwrap(), Err(not_found));
    let (key, digest) = key_of(&acme, &owner);
    let inserted = store.api_keys.insert(key, digest, origin()).await;
    assert_eq!(inserted.unwrap(), Err(not_found));
    let inserted = store.admin_api_keys.insert(admin, admin_digest, origin());
    assert_eq!(inserted.await.unwrap(), Err(not_found));
    let update = OrganizationUpdate::Enable;
    let updated = store.organizations.update(&acme.id, update, origin());
    assert_eq!(updated.await.unwrap(), None);
    let deleted = store.organizations.delete(&acme.id, origin()).await;
    assert_eq!(deleted.unwrap(), None);
    let listed = store.admin_api_keys.list(&acme.id, whole()).await.unwrap();
    assert_eq!(listed.items, []);
    assert_eq!(store.events.revision().await.unwrap(), before);
}
