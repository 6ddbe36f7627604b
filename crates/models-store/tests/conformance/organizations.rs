use models_core::{RepositoryError, Role};
use models_store::Store;

use crate::fixtures::{add_organization, api_key, organization, origin};

pub async fn an_organization_is_found_with_its_default_project(store: Store) {
    let acme = organization("acme");
    let (key, digest) = api_key(&acme, Role::Owner);
    store
        .organizations
        .insert(acme.clone(), Some((key.clone(), digest)), origin())
        .await
        .unwrap();

    assert_eq!(
        store.organizations.find_by_slug(&acme.slug).await.unwrap(),
        Some(acme)
    );
    assert_eq!(
        store
            .organizations
            .find_by_slug(&"other".parse().unwrap())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store.api_keys.find_by_digest(&digest).await.unwrap(),
        Some(key)
    );
}

pub async fn a_taken_slug_adds_nothing(store: Store) {
    let first = add_organization(&store, "acme").await;
    let second = organization("acme");
    let (key, digest) = api_key(&second, Role::Owner);

    let refused = store
        .organizations
        .insert(second, Some((key, digest)), origin())
        .await;
    assert!(
        matches!(refused, Err(RepositoryError::AlreadyExists)),
        "{refused:?}"
    );
    assert_eq!(store.organizations.list().await.unwrap(), [first]);
    assert_eq!(store.api_keys.find_by_digest(&digest).await.unwrap(), None);
}

pub async fn organizations_are_listed_by_slug(store: Store) {
    for slug in ["b", "a-b", "a", "ab"] {
        add_organization(&store, slug).await;
    }
    let listed = store.organizations.list().await.unwrap();
    let slugs: Vec<&str> = listed
        .iter()
        .map(|organization| organization.slug.as_str())
        .collect();
    assert_eq!(slugs, ["a", "a-b", "ab", "b"]);
}
