use models_core::{FirstContents, LogEntry, Organization, RepositoryError, Scope};

use crate::Store;
use crate::fixtures::administration::{
    access, account, admin_key, administrator, credential, key_of,
};
use crate::fixtures::{add_organization, entry, import, log, organization, origin};

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

/// Contents with one model, and a key with a service account of the organization's default project.
fn first_contents(organization: &Organization) -> FirstContents {
    let account = account(organization, &organization.default_project.id, "first");
    let (key, digest) = key_of(organization, &account);
    let (admin_key, admin_digest) = admin_key(organization, "first");
    FirstContents {
        import: import(Scope::Public, vec![entry("a", 1)]),
        organization: organization.clone(),
        account,
        key,
        digest,
        admin_key,
        admin_digest,
    }
}

pub async fn only_an_empty_catalog_is_filled_in_one_transaction(store: Store) {
    let acme = organization("acme");
    let contents = first_contents(&acme);
    let fill = async |contents: &FirstContents| {
        let filled = store.first_start.fill_if_empty(contents.clone(), origin());
        filled.await
    };
    let mut foreign = contents.clone();
    foreign.key.project_id = organization("other").default_project.id;
    assert!(fill(&foreign).await.is_err());
    assert_eq!(store.models.list(&Scope::Public).await.unwrap(), []);
    assert_eq!(store.events.revision().await.unwrap().0, 0);

    assert!(fill(&contents).await.unwrap());
    assert_eq!(
        store.organizations.list().await.unwrap(),
        std::slice::from_ref(&acme)
    );
    let found = access(&store, &contents.digest).await;
    assert_eq!(found.key, contents.key);
    assert_eq!(found.account_role, Some(contents.account.role));
    let found = administrator(&store, &contents.admin_digest).await;
    assert_eq!(found.key, contents.admin_key);
    assert_eq!(store.models.list(&Scope::Public).await.unwrap().len(), 1);
    let logged = log(&store).await.into_iter();
    let mut kinds: Vec<&str> = logged
        .filter_map(LogEntry::into_event)
        .map(|event| event.change.kind())
        .collect();
    kinds.sort_unstable();
    let expected = [
        "admin_api_key.created",
        "api_key.created",
        "model.created",
        "organization.created",
        "service_account.created",
    ];
    assert_eq!(kinds, expected);

    let other = first_contents(&organization("other"));
    assert!(!fill(&other).await.unwrap());
    assert_eq!(store.organizations.list().await.unwrap(), [acme]);
    assert_eq!(credential(&store, &other.digest).await, None);
    assert_eq!(store.events.revision().await.unwrap().0, 5);
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
