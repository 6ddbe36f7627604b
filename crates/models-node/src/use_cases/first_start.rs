//! The first start: it fills an empty catalog with starter models, an organization, and an owner key.

use models_core::{
    Actor, Context, EventRepository, FirstContents, FirstStartRepository, ImportEntry,
    Organization, Origin, RepositoryError, Revision, Role, Secret, Timestamp,
};

use super::admin_keys::{NewAdminKey, admin_key};
use super::keys::account_of;
use super::models::{NewImport, import_of};
use super::organizations::organization;
use super::service_accounts::{KeyOwner, NewKey, account, api_key};

/// The organization of a first start, and the only copies of its keys.
pub struct FirstKeys {
    /// The organization.
    pub organization: Organization,
    /// The secret of the owner key.
    pub secret: Secret,
    /// The secret of the admin key.
    pub admin_secret: Secret,
}

/// Whether the event log is empty.
pub async fn is_due(events: &dyn EventRepository) -> Result<bool, RepositoryError> {
    Ok(events.revision().await? == Revision(0))
}

/// Fills the catalog in one transaction if the event log is empty; `None` if it is not.
pub async fn fill_if_empty(
    first_start: &dyn FirstStartRepository,
    entries: Vec<ImportEntry>,
    (secret, admin_secret): (Secret, Secret),
    at: Timestamp,
) -> Result<Option<FirstKeys>, RepositoryError> {
    let contents = contents(entries, &secret, &admin_secret, at);
    let organization = contents.organization.clone();
    let origin = Origin {
        actor: Actor::FirstStart,
        at,
        context: Context::default(),
    };
    let filled = first_start.fill_if_empty(contents, origin).await?;
    Ok(filled.then_some(FirstKeys {
        organization,
        secret,
        admin_secret,
    }))
}

fn contents(
    entries: Vec<ImportEntry>,
    secret: &Secret,
    admin_secret: &Secret,
    at: Timestamp,
) -> FirstContents {
    let organization = organization(constant("default"), constant("Default organization"), at);
    let owner = KeyOwner::default_project(&organization);
    let new = NewKey {
        id: None,
        name: constant("First key"),
        role: Role::Owner,
        scopes: None,
        expires_at: None,
    };
    let account = account(&owner, account_of(&new), at);
    let new_admin = NewAdminKey {
        id: None,
        name: constant("First admin key"),
        expires_at: None,
    };
    let names = (&organization.id, &organization.slug);
    let import = NewImport {
        entries,
        dry_run: false,
    };
    FirstContents {
        import: import_of(None, import),
        key: api_key(&owner, &account, new, secret, at),
        account,
        digest: secret.digest(),
        admin_key: admin_key(names, new_admin, admin_secret, at),
        admin_digest: admin_secret.digest(),
        organization,
    }
}

fn constant<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant that is good")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use models_core::{AccountRole, Change, Scope};

    use super::*;
    use crate::fake::Fake;
    use crate::fake::models::model;

    /// A catalog that notes its first contents.
    struct Catalog {
        is_empty: bool,
        filled: Mutex<Option<(FirstContents, Origin)>>,
    }

    #[async_trait]
    impl FirstStartRepository for Catalog {
        async fn fill_if_empty(
            &self,
            contents: FirstContents,
            origin: Origin,
        ) -> Result<bool, RepositoryError> {
            *self.filled.lock().unwrap() = Some((contents, origin));
            Ok(self.is_empty)
        }
    }

    async fn fill(is_empty: bool) -> (Option<FirstKeys>, FirstContents, Origin) {
        let catalog = Catalog {
            is_empty,
            filled: Mutex::default(),
        };
        let secrets = (
            Secret::from_random([7; 32]),
            Secret::admin_from_random([8; 32]),
        );
        let at = Timestamp::from_seconds(7);
        let first_key = fill_if_empty(&catalog, vec![], secrets, at).await.unwrap();
        let (contents, origin) = catalog.filled.into_inner().unwrap().unwrap();
        (first_key, contents, origin)
    }

    #[tokio::test]
    async fn the_first_keys_own_and_administer_the_default_organization() {
        let (first_key, contents, origin) = fill(true).await;
        let first_key = first_key.unwrap();
        assert_eq!(first_key.organization, contents.organization);
        assert_eq!(first_key.secret.digest(), contents.digest);
        assert_eq!(contents.organization.slug.as_str(), "default");
        assert_eq!(contents.key.organization_id, contents.organization.id);
        assert_eq!(contents.key.role, Role::Owner);
        assert_eq!(contents.key.expires_at, None);
        assert_eq!(contents.key.service_account_id, Some(contents.account.id));
        assert_eq!(contents.account.role, AccountRole::Owner);
        assert_eq!(contents.admin_key.organization_id, contents.organization.id);
        assert_eq!(contents.admin_key.expires_at, None);
        assert_eq!(contents.admin_digest, first_key.admin_secret.digest());
        assert_eq!(contents.import.scope, Scope::Public);
        assert!(!contents.import.dry_run);
        assert_eq!(origin.actor, Actor::FirstStart);
        assert_eq!(origin.at, contents.key.created_at);
    }

    #[tokio::test]
    async fn a_first_start_is_due_until_the_log_has_an_event() {
        let log = Fake::new();
        assert!(is_due(&*log).await.unwrap());
        log.append(Change::ModelCreated(model("public", None)));
        assert!(!is_due(&*log).await.unwrap());
    }

    #[tokio::test]
    async fn a_catalog_that_is_not_empty_has_no_first_key() {
        let (first_key, ..) = fill(false).await;
        assert!(first_key.is_none());
    }
}
