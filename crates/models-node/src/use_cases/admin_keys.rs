//! Use cases of admin API keys.

use models_core::{
    AdminApiKey, AdminApiKeyId, AdminApiKeyRepository, Administered, Entered, Name, OrganizationId,
    Origin, Secret, Slug, Timestamp,
};
use uuid::Uuid;

/// The admin key to create.
pub struct NewAdminKey {
    /// The id; `None` for a new one.
    pub id: Option<AdminApiKeyId>,
    /// The display name.
    pub name: Entered<Name>,
    /// The time of expiry; `None` for a key that does not expire.
    pub expires_at: Option<Timestamp>,
}

/// Creates an admin key of this organization. Returns `AlreadyExists` if any organization has, or had, an admin key with this
/// id, or a key with this secret.
pub async fn create(
    admin_keys: &dyn AdminApiKeyRepository,
    organization: (&OrganizationId, &Slug),
    new: NewAdminKey,
    secret: &Secret,
    origin: Origin,
) -> Administered<AdminApiKey> {
    let key = admin_key(organization, new, secret, origin.at);
    let inserted = admin_keys.insert(key.clone(), secret.digest(), origin);
    Ok(inserted.await?.map(|()| key))
}

/// An admin key of this organization.
pub(super) fn admin_key(
    (organization_id, organization_slug): (&OrganizationId, &Slug),
    new: NewAdminKey,
    secret: &Secret,
    now: Timestamp,
) -> AdminApiKey {
    let NewAdminKey {
        id,
        name,
        expires_at,
    } = new;
    AdminApiKey {
        id: id.unwrap_or_else(|| AdminApiKeyId::from_uuid(Uuid::now_v7())),
        organization_id: organization_id.clone(),
        organization_slug: organization_slug.clone(),
        name: name.into_inner(),
        redacted_value: secret.redacted(),
        created_at: now,
        expires_at,
        revoked_at: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use models_core::{Actor, Context};

    use super::*;
    use crate::fake::keys::Keys;

    #[tokio::test]
    async fn an_admin_key_is_stored_under_the_digest_of_its_secret() {
        let keys = Arc::new(Keys::new(&Secret::from_random([7; 32])));
        let secret = Secret::admin_from_random([8; 32]);
        let (id, slug) = (
            OrganizationId::from_uuid(Uuid::nil()),
            "acme".parse().unwrap(),
        );
        let given: AdminApiKeyId = "key_id".parse().unwrap();
        let at = Timestamp::from_seconds(7);
        let mut ids = vec![];
        for new_id in [Some(given.clone()), None, None] {
            let new = NewAdminKey {
                id: new_id,
                name: "ops".parse().unwrap(),
                expires_at: Some(Timestamp::from_seconds(9)),
            };
            let origin = Origin {
                actor: Actor::CommandLine,
                at,
                context: Context::default(),
            };
            let created = create(&*keys, (&id, &slug), new, &secret, origin).await;
            let created = created.unwrap().unwrap();
            let inserted = keys.admin_inserted.lock().unwrap().take();
            assert_eq!(inserted, Some((created.clone(), secret.digest())));
            assert_eq!(created.redacted_value, secret.redacted());
            assert_eq!((created.created_at, created.revoked_at), (at, None));
            assert_eq!(created.expires_at, Some(Timestamp::from_seconds(9)));
            ids.push(created.id);
        }
        assert_eq!(ids[0], given);
        assert_ne!(ids[1], ids[2]);
    }
}
