//! Organizations, keys and models for tests.

pub mod administration;
pub mod random;

use std::num::NonZeroU32;
use std::sync::Arc;

use models_core::{
    Actor, ApiKey, ApiKeyId, Context, DefaultProject, Import, ImportEntry, KeyDigest, LogEntry,
    Model, ModelId, Organization, OrganizationId, Origin, ProjectId, Revision, Role, Scope, Secret,
    Timestamp,
};
use models_store::Store;
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: NOW,
        context: Context::default(),
    }
}

pub fn organization(slug: &str) -> Organization {
    Organization {
        id: OrganizationId::from_uuid(Uuid::now_v7()),
        slug: slug.parse().unwrap(),
        name: format!("{slug} Inc.").parse().unwrap(),
        default_project: DefaultProject {
            id: ProjectId::from_uuid(Uuid::now_v7()),
            name: "Default project".parse().unwrap(),
        },
        created_at: NOW,
        disabled_at: None,
    }
}

pub async fn add_organization<N>(store: &Store<N>, slug: &str) -> Organization {
    let organization = organization(slug);
    store
        .organizations
        .insert(organization.clone(), origin())
        .await
        .unwrap();
    organization
}

/// Random bytes for a secret that no other test key has.
pub fn random_bytes() -> [u8; 32] {
    let mut random = [0; 32];
    random[..16].copy_from_slice(Uuid::now_v7().as_bytes());
    random
}

/// A key without a service account, as a program before 0.2 makes it.
pub fn api_key(organization: &Organization, role: Role) -> (ApiKey, KeyDigest) {
    let secret = Secret::from_random(random_bytes());
    let key = ApiKey {
        id: ApiKeyId::from_uuid(Uuid::now_v7()),
        organization_id: organization.id.clone(),
        organization_slug: organization.slug.clone(),
        project_id: organization.default_project.id.clone(),
        service_account_id: None,
        name: "a key".parse().unwrap(),
        role,
        scopes: None,
        redacted_value: secret.redacted(),
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
    };
    (key, secret.digest())
}

pub async fn add_api_key<N>(
    store: &Store<N>,
    organization: &Organization,
    role: Role,
) -> (ApiKey, KeyDigest) {
    let (key, digest) = api_key(organization, role);
    let inserted = store.api_keys.insert(key.clone(), digest, origin());
    inserted.await.unwrap().unwrap();
    (key, digest)
}

pub fn entry(id: &str, created: u32) -> ImportEntry {
    ImportEntry {
        id: id.parse().unwrap(),
        created: Some(Timestamp::from_seconds(created)),
        owned_by: Some("someone".parse().unwrap()),
        shutdown_date: None,
    }
}

pub fn import(scope: Scope, entries: Vec<ImportEntry>) -> Import {
    Import {
        scope,
        entries,
        default_owner: "nobody".parse().unwrap(),
        dry_run: false,
    }
}

pub async fn add_models<N>(store: &Store<N>, scope: &Scope, models: &[(&str, u32)]) {
    let entries = models
        .iter()
        .map(|(id, created)| entry(id, *created))
        .collect();
    store
        .models
        .import(import(scope.clone(), entries), origin(), Arc::new(|_| ()))
        .await
        .unwrap();
}

pub fn own(organization: &Organization) -> Scope {
    Scope::Organization(organization.id.clone())
}

pub fn id(text: &str) -> ModelId {
    text.parse().unwrap()
}

pub fn ids(models: &[Model]) -> Vec<&str> {
    models.iter().map(|model| model.id.as_str()).collect()
}

/// The number of events in a page.
pub const PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// Reads the whole event log page by page.
pub async fn log<N>(store: &Store<N>) -> Vec<LogEntry> {
    let (mut entries, mut after) = (vec![], Some(Revision(0)));
    while let Some(revision) = after {
        let page = store.events.list_after(revision, PAGE);
        let page = page.await.unwrap().value;
        entries.extend(page.items);
        after = page.next;
    }
    entries
}
