//! The first start: an empty catalog gets starter models, an organization, and its first owner key.

use models_core::{
    Actor, EventRepository, FirstContents, FirstStartRepository, ImportEntry, Organization, Origin,
    RepositoryError, Revision, Role, Secret, Timestamp,
};

use super::keys::{NewKey, key};
use super::models::{NewImport, import_of};
use super::organizations::organization;

/// The organization that was made, and the only copy of its key.
pub struct FirstKey {
    /// The organization.
    pub organization: Organization,
    /// The key's secret.
    pub secret: Secret,
}

/// Whether nothing has ever happened to the catalog.
pub async fn is_due(events: &dyn EventRepository) -> Result<bool, RepositoryError> {
    Ok(events.revision().await? == Revision(0))
}

/// Fills the catalog, all at once, if nothing has ever happened to it. `None` if something has.
pub async fn fill_if_empty(
    first_start: &dyn FirstStartRepository,
    entries: Vec<ImportEntry>,
    secret: Secret,
    at: Timestamp,
) -> Result<Option<FirstKey>, RepositoryError> {
    let contents = contents(entries, &secret, at);
    let organization = contents.organization.clone();
    let origin = Origin {
        actor: Actor::FirstStart,
        at,
    };
    let filled = first_start.fill_if_empty(contents, origin).await?;
    Ok(filled.then_some(FirstKey {
        organization,
        secret,
    }))
}

fn contents(entries: Vec<ImportEntry>, secret: &Secret, at: Timestamp) -> FirstContents {
    let organization = organization(constant("default"), constant("Default organization"), at);
    let new = NewKey {
        name: constant("First key"),
        role: Role::Owner,
        expires_at: None,
    };
    let import = NewImport {
        entries,
        dry_run: false,
    };
    FirstContents {
        import: import_of(None, import),
        key: key(&organization, secret, new, at),
        digest: secret.digest(),
        organization,
    }
}

fn constant<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant that is good")
}

#[cfg(test)]
mod tests {
    use models_core::Scope;

    use super::*;

    #[test]
    fn the_first_key_owns_the_default_organization_and_the_models_are_public() {
        let secret = Secret::from_random([7; 32]);
        let contents = contents(vec![], &secret, Timestamp::from_seconds(7));
        assert_eq!(contents.organization.slug.as_str(), "default");
        assert_eq!(contents.key.organization_id, contents.organization.id);
        assert_eq!(contents.key.role, Role::Owner);
        assert_eq!(contents.key.expires_at, None);
        assert_eq!(contents.digest, secret.digest());
        assert_eq!(contents.import.scope, Scope::Public);
        assert!(!contents.import.dry_run);
    }
}
