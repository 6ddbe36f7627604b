use models_core::{ApiKey, FirstContents, Organization, RepositoryError, Role, Scope};

use crate::Store;
use crate::fixtures::{add_organization, api_key, entry, import, organization, origin};

pub async fn an_organization_is_found_with_its_default_project(store: Store) {
    let acme = add_organization(&store, "acme").await;
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
}

pub async fn a_taken_slug_adds_nothing(store: Store) {
    let first = add_organization(&store, "acme").await;
    let refused = store
        .organizations
        .insert(organization("acme"), origin())
        .await;
    assert!(
        matches!(refused, Err(RepositoryError::AlreadyExists)),
        "{refused:?}"
    );
    assert_eq!(store.organizations.list().await.unwrap(), [first]);
}

/// The organization is new, but its default project exists already.
pub async fn a_refused_insertion_is_rolled_back_completely(store: Store) {
    let first = add_organization(&store, "acme").await;
    let second = Organization {
        default_project: first.default_project.clone(),
        ..organization("other")
    };
    let refused = store.organizations.insert(second, origin()).await;
    assert!(
        matches!(refused, Err(RepositoryError::AlreadyExists)),
        "{refused:?}"
    );
    assert_eq!(store.organizations.list().await.unwrap(), [first]);
    assert_eq!(store.events.revision().await.unwrap().0, 1);
    add_organization(&store, "other").await;
}

pub async fn only_an_empty_catalog_is_filled_in_one_transaction(store: Store) {
    let acme = organization("acme");
    let (key, digest) = api_key(&acme, Role::Owner);
    let contents = |organization: &Organization, key: &ApiKey, digest| FirstContents {
        import: import(Scope::Public, vec![entry("a", 1)]),
        organization: organization.clone(),
        key: key.clone(),
        digest,
    };
    let mut foreign = key.clone();
    foreign.project_id = organization("other").default_project.id;
    let failed = store
        .first_start
        .fill_if_empty(contents(&acme, &foreign, digest), origin())
        .await;
    assert!(
        matches!(failed, Err(RepositoryError::Failed(_))),
        "{failed:?}"
    );
    assert_eq!(store.models.list(&Scope::Public).await.unwrap(), []);

    assert!(
        store
            .first_start
            .fill_if_empty(contents(&acme, &key, digest), origin())
            .await
            .unwrap()
    );
    assert_eq!(
        store.organizations.list().await.unwrap(),
        std::slice::from_ref(&acme)
    );
    assert_eq!(
        store.api_keys.find_by_digest(&digest).await.unwrap().value,
        Some(key)
    );
    assert_eq!(store.models.list(&Scope::Public).await.unwrap().len(), 1);
    assert_eq!(store.events.revision().await.unwrap().0, 3);

    let other = organization("other");
    let (key, digest) = api_key(&other, Role::Owner);
    assert!(
        !store
            .first_start
            .fill_if_empty(contents(&other, &key, digest), origin())
            .await
            .unwrap()
    );
    assert_eq!(store.organizations.list().await.unwrap(), [acme]);
    assert_eq!(store.events.revision().await.unwrap().0, 3);
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
