//! The stored form of admin API keys.

use std::borrow::Cow;

use models_core::{AdminApiKey, Invalid, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredAdminApiKey<'a> {
    id: Cow<'a, str>,
    organization_id: Cow<'a, str>,
    organization_slug: Cow<'a, str>,
    name: Cow<'a, str>,
    redacted_value: Cow<'a, str>,
    created_at: u32,
    expires_at: Option<u32>,
    revoked_at: Option<u32>,
}

impl<'a> From<&'a AdminApiKey> for StoredAdminApiKey<'a> {
    fn from(key: &'a AdminApiKey) -> Self {
        let AdminApiKey {
            id,
            organization_id,
            organization_slug,
            name,
            redacted_value,
            created_at,
            expires_at,
            revoked_at,
        } = key;
        Self {
            id: id.as_str().into(),
            organization_id: organization_id.as_str().into(),
            organization_slug: organization_slug.as_str().into(),
            name: name.as_str().into(),
            redacted_value: redacted_value.into(),
            created_at: created_at.seconds(),
            expires_at: expires_at.map(Timestamp::seconds),
            revoked_at: revoked_at.map(Timestamp::seconds),
        }
    }
}

impl TryFrom<StoredAdminApiKey<'_>> for AdminApiKey {
    type Error = Invalid;

    fn try_from(stored: StoredAdminApiKey<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            organization_id: stored.organization_id.parse()?,
            organization_slug: stored.organization_slug.parse()?,
            name: stored.name.parse()?,
            redacted_value: stored.redacted_value.into_owned(),
            created_at: Timestamp::from_seconds(stored.created_at),
            expires_at: stored.expires_at.map(Timestamp::from_seconds),
            revoked_at: stored.revoked_at.map(Timestamp::from_seconds),
        })
    }
}
