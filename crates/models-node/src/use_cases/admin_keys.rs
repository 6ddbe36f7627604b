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
