//! API keys as the store holds them.

use serde::Serialize;

use crate::organization::{OrganizationId, Slug};
use crate::permission::{Role, Scopes};
use crate::project::ProjectId;
use crate::service_account::ServiceAccountId;
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// A key's id: `key_` followed by letters and digits if the service made it.
    ApiKeyId, "a key id", "key_"
}

/// An API key as the store holds it. The store has the digest of the secret, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// The id, which is unique and never changes.
    pub id: ApiKeyId,
    /// The organization that the key acts for.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
    /// The organization's project that the key belongs to.
    pub project_id: ProjectId,
    /// The service account that owns the key. Keys that a program before 0.2 made have none.
    pub service_account_id: Option<ServiceAccountId>,
    /// The display name.
    pub name: Name,
    /// The role.
    pub role: Role,
    /// The scopes; `None` restricts nothing.
    pub scopes: Option<Scopes>,
    /// The first and last characters of the secret, with which people recognise the key.
    pub redacted_value: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The expiry; the service refuses the key from this second on.
    pub expires_at: Option<Timestamp>,
    /// The time of revocation.
    pub revoked_at: Option<Timestamp>,
}

/// A key with its last use. The event log does not record uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedApiKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The last recorded use.
    pub last_used_at: Option<Timestamp>,
}
