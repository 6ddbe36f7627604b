use models_core::{AdministrationRefusal, ApiKeyUpdate, ServiceAccountUpdate};

use crate::Store;
use crate::fixtures::administration::{
    account, add_account, add_admin_key, add_key_of, add_project, key_of, made_by, whole,
};
use crate::fixtures::{add_organization, origin};

/// The administrator of one organization tries the ids of another one, beside its own project and in
/// the other's.
pub async fn an_organization_neither_sees_nor_changes_another_one(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let project = add_project(&store, &acme, "p").await;
    let owner = add_account(&store, &acme, &project.id, "a").await;
    let (key, _) = add_key_of(&store, &acme, &owner).await;
    let (admin, _) = add_admin_key(&store, &acme, "admin").await;
    let (mallory, _) = add_admin_key(&store, &other, "mallory").await;
    let before = store.events.revision().await.unwrap();

    let by = || made_by(&mallory);
    let not_found = AdministrationRefusal::NotFound;
    let (projects, accounts) = (&store.projects, &store.service_accounts);
    let (keys, admins) = (&store.api_keys, &store.admin_api_keys);
    let name = || "another name".parse().unwrap();
    assert_eq!(projects.find(&other.id, &project.id).await.unwrap(), None);
    assert_eq!(projects.policy(&other.id, &project.id).await.unwrap(), None);
    let listed = projects.list(&other.id, whole(), true).await.unwrap();
    let ids: Vec<&str> = listed.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, [other.default_project.id.as_str()]);
    let renamed = projects.rename(&other.id, &project.id, name(), by()).await;
    assert_eq!(renamed.unwrap(), Err(not_found));
    let archived = projects.archive(&other.id, &project.id, by()).await;
    assert_eq!(archived.unwrap(), Err(not_found));
    let set = projects.set_policy(&other.id, &project.id, None, by());
    assert_eq!(set.await.unwrap(), Err(not_found));
    let listed = admins.list(&other.id, whole()).await.unwrap();
    let ids: Vec<&str> = listed
        .items
        .iter()
        .map(|item| item.key.id.as_str())
        .collect();
    assert_eq!(ids, ["mallory"]);
    assert_eq!(admins.find(&other.id, &admin.id).await.unwrap(), None);
    let revoked = admins.revoke(&other.id, &admin.id, by()).await;
    assert_eq!(revoked.unwrap(), Err(not_found));
    let listed = accounts.list(&other.id, &project.id, whole()).await;
    assert_eq!(listed.unwrap(), None);
    let listed = keys.list_of_project(&other.id, &project.id, whole()).await;
    assert_eq!(listed.unwrap(), None);
    let inserted = accounts.insert(account(&other, &project.id, "new"), None, by());
    assert_eq!(inserted.await.unwrap(), Err(not_found));

    for project_id in [&project.id, &other.default_project.id] {
        let found = accounts.find(&other.id, project_id, &owner.id).await;
        assert_eq!(found.unwrap(), None);
        let to_name = ServiceAccountUpdate {
            name: Some(name()),
            role: None,
        };
        let updated = accounts.update(&other.id, project_id, &owner.id, to_name, by());
        assert_eq!(updated.await.unwrap(), Err(not_found));
        let deleted = accounts.delete(&other.id, project_id, &owner.id, by());
        assert_eq!(deleted.await.unwrap(), Err(not_found));
        let found = keys.find_in_project(&other.id, project_id, &key.id).await;
        assert_eq!(found.unwrap(), None);
        let change = ApiKeyUpdate {
            scopes: Some(None),
            expires_at: None,
        };
        let updated = keys.update_in_project(&other.id, project_id, &key.id, change, by());
        assert_eq!(updated.await.unwrap(), Err(not_found));
        let revoked = keys.revoke_in_project(&other.id, project_id, &key.id, by());
        assert_eq!(revoked.await.unwrap(), Err(not_found));
        let (mut new, digest) = key_of(&other, &owner);
        new.project_id = project_id.clone();
        let inserted = keys.insert(new, digest, by()).await;
        assert_eq!(inserted.unwrap(), Err(not_found));
    }
    assert_eq!(store.events.revision().await.unwrap(), before);
}

/// Ids of another project of the same organization count as missing too.
pub async fn a_project_does_not_see_another_one(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let project = add_project(&store, &acme, "p").await;
    let owner = add_account(&store, &acme, &project.id, "a").await;
    let (key, _) = add_key_of(&store, &acme, &owner).await;
    let before = store.events.revision().await.unwrap();
    let beside = &acme.default_project.id;
    let not_found = AdministrationRefusal::NotFound;
    let (accounts, keys) = (&store.service_accounts, &store.api_keys);
    let found = accounts.find(&acme.id, beside, &owner.id).await.unwrap();
    assert_eq!(found, None);
    let deleted = accounts.delete(&acme.id, beside, &owner.id, origin());
    assert_eq!(deleted.await.unwrap(), Err(not_found));
    let found = keys.find_in_project(&acme.id, beside, &key.id).await;
    assert_eq!(found.unwrap(), None);
    let revoked = keys.revoke_in_project(&acme.id, beside, &key.id, origin());
    assert_eq!(revoked.await.unwrap(), Err(not_found));
    assert_eq!(store.events.revision().await.unwrap(), before);
}
