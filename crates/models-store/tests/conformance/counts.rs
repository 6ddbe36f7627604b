use std::time::Duration;

use models_core::{CatalogCounts, OrganizationUpdate, Revision, Role, Scope, Timestamp};

use crate::Store;
use crate::fixtures::administration::{add_project, admin_key, update_organization};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, api_key, organization, origin, own,
};

const SOON: Duration = Duration::from_secs(100);

async fn counts(store: &Store) -> CatalogCounts {
    store.counts.count(NOW, SOON).await.unwrap()
}

pub async fn valid_keys_and_present_objects_are_counted(store: Store) {
    assert_eq!(counts(&store).await, CatalogCounts::default());
    let acme = add_organization(&store, "acme").await;
    add_organization(&store, "other").await;
    let project = add_project(&store, &acme, "p").await;
    add_models(&store, &own(&acme), &[("a", 1), ("b", 1)]).await;
    add_models(&store, &Scope::Public, &[("a", 1)]).await;
    let (revoked, _) = add_api_key(&store, &acme, Role::Owner).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    add_api_key(&store, &acme, Role::Owner).await;
    // Expired, in the last second of the time, and after it.
    for seconds in [0, 100, 101] {
        let (mut key, digest) = api_key(&acme, Role::Reader);
        key.expires_at = Some(Timestamp::from_seconds(NOW.seconds() + seconds));
        let inserted = store.api_keys.insert(key, digest, origin());
        inserted.await.unwrap().unwrap();
        let (mut key, digest) = admin_key(&acme, &format!("admin-{seconds}"));
        key.expires_at = Some(Timestamp::from_seconds(NOW.seconds() + seconds));
        let inserted = store.admin_api_keys.insert(key, digest, origin());
        inserted.await.unwrap().unwrap();
    }
    let (mut key, digest) = api_key(&acme, Role::Reader);
    key.project_id = project.id.clone();
    let inserted = store.api_keys.insert(key, digest, origin());
    inserted.await.unwrap().unwrap();
    let mut expected = CatalogCounts {
        models: 3,
        organizations: 2,
        projects: 3,
        keys: 6,
        expiring_keys: 2,
    };
    assert_eq!(counts(&store).await, expected);
    let archive = store.projects.archive(&acme.id, &project.id, origin());
    archive.await.unwrap().unwrap();
    expected.projects -= 1;
    expected.keys -= 1;
    assert_eq!(counts(&store).await, expected);
    // No key of a disabled organization is valid.
    update_organization(&store, &acme, OrganizationUpdate::Disable).await;
    (expected.keys, expected.expiring_keys) = (0, 0);
    assert_eq!(counts(&store).await, expected);
    let deleted = store.organizations.delete(&acme.id, origin()).await;
    assert!(deleted.unwrap().is_some());
    let expected = CatalogCounts {
        models: 1,
        organizations: 1,
        projects: 1,
        ..CatalogCounts::default()
    };
    assert_eq!(counts(&store).await, expected);
}

pub async fn the_revision_of_an_organization_is_that_of_its_newest_event(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let newest = async |id| store.events.revision_of_organization(id).await.unwrap();
    assert_eq!(newest(&acme.id).await, Revision(1));
    add_organization(&store, "other").await;
    add_models(&store, &Scope::Public, &[("a", 1)]).await;
    assert_eq!(newest(&acme.id).await, Revision(1));
    add_api_key(&store, &acme, Role::Owner).await;
    assert_eq!(newest(&acme.id).await, Revision(4));
    assert_eq!(newest(&organization("missing").id).await, Revision(0));
}
