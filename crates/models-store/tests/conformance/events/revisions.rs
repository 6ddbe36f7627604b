//! The revisions of the candidates of an organization.

use models_core::{OrganizationId, Revision, Role, Scope};

use crate::Store;
use crate::fixtures::{add_api_key, add_models, add_organization, id, origin, own};

async fn revisions(store: &Store, id: &OrganizationId) -> (Revision, Revision) {
    let candidates = store.models.list_candidates(id).await.unwrap().value;
    (candidates.public_revision, candidates.own_revision)
}

pub async fn candidates_have_the_revisions_of_their_newest_changes(store: Store) {
    let acme = add_organization(&store, "acme").await;
    let other = add_organization(&store, "other").await;
    let none = Revision(0);
    assert_eq!(revisions(&store, &acme.id).await, (none, none));
    add_models(&store, &Scope::Public, &[("public", 1)]).await;
    let public = store.events.revision().await.unwrap();
    add_models(&store, &own(&acme), &[("own", 1)]).await;
    let changed = store.events.revision().await.unwrap();
    add_api_key(&store, &acme, Role::Reader).await;
    assert_eq!(revisions(&store, &acme.id).await, (public, changed));
    assert_eq!(revisions(&store, &other.id).await, (public, none));
    let (scope, id) = (own(&acme), id("own"));
    let deleted = store.models.delete(&scope, &id, origin()).await.unwrap();
    assert!(deleted.is_some());
    let deleted = store.events.revision().await.unwrap();
    assert_eq!(revisions(&store, &acme.id).await, (public, deleted));
}

pub async fn the_token_secret_of_a_catalog_is_constant(store: Store) {
    let secret = store.events.token_secret().await.unwrap();
    assert_ne!(secret, [0; 16]);
    add_organization(&store, "acme").await;
    assert_eq!(store.events.token_secret().await.unwrap(), secret);
}
