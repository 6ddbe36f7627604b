//! The stored form of API keys.

use std::borrow::Cow;

use models_core::{ApiKey, Invalid, Scopes, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredApiKey<'a> {
    id: Cow<'a, str>,
    organization_id: Cow<'a, str>,
    organization_slug: Cow<'a, str>,
    project_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account_id: Option<Cow<'a, str>>,
    name: Cow<'a, str>,
    role: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Cow<'a, str>>>,
    redacted_value: Cow<'a, str>,
    created_at: u32,
    expires_at: Option<u32>,
    revoked_at: Option<u32>,
}

impl<'a> From<&'a ApiKey> for StoredApiKey<'a> {
    fn from(key: &'a ApiKey) -> Self {
        let ApiKey {
            id,
            organization_id,
            organization_slug,
            project_id,
            service_account_id,
            name,
            role,
            scopes,
            redacted_value,
            created_at,
            expires_at,
            revoked_at,
        } = key;
        Self {
            id: id.as_str().into(),
            organization_id: organization_id.as_str().into(),
            organization_slug: organization_slug.as_str().into(),
            project_id: project_id.as_str().into(),
            service_account_id: service_account_id.as_ref().map(|id| id.as_str().into()),
            name: name.as_str().into(),
            role: role.as_str().into(),
            scopes: scopes
                .as_ref()
                .map(|scopes| scopes.iter().map(Cow::from).collect()),
            redacted_value: redacted_value.into(),
            created_at: created_at.seconds(),
            expires_at: expires_at.map(Timestamp::seconds),
            revoked_at: revoked_at.map(Timestamp::seconds),
        }
    }
}

impl TryFrom<StoredApiKey<'_>> for ApiKey {
    type Error = Invalid;

    fn try_from(stored: StoredApiKey<'_>) -> Result<Self, Invalid> {
        let account = stored.service_account_id.map(|id| id.parse());
        let scopes = stored.scopes.unwrap_or_default().into_iter();
        Ok(Self {
            id: stored.id.parse()?,
            organization_id: stored.organization_id.parse()?,
            organization_slug: stored.organization_slug.parse()?,
            project_id: stored.project_id.parse()?,
            service_account_id: account.transpose()?,
            name: stored.name.parse()?,
            role: stored.role.parse()?,
            scopes: Scopes::new(scopes.map(Cow::into_owned).collect())?,
            redacted_value: stored.redacted_value.into_owned(),
            created_at: Timestamp::from_seconds(stored.created_at),
            expires_at: stored.expires_at.map(Timestamp::from_seconds),
            revoked_at: stored.revoked_at.map(Timestamp::from_seconds),
        })
    }
}
