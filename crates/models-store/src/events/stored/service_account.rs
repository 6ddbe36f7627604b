//! The stored form of service accounts.

use std::borrow::Cow;

use models_core::{Invalid, ServiceAccount, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredServiceAccount<'a> {
    id: Cow<'a, str>,
    organization_id: Cow<'a, str>,
    project_id: Cow<'a, str>,
    name: Cow<'a, str>,
    role: Cow<'a, str>,
    created_at: u32,
}

impl<'a> From<&'a ServiceAccount> for StoredServiceAccount<'a> {
    fn from(account: &'a ServiceAccount) -> Self {
        let ServiceAccount {
            id,
            organization_id,
            project_id,
            name,
            role,
            created_at,
        } = account;
        Self {
            id: id.as_str().into(),
            organization_id: organization_id.as_str().into(),
            project_id: project_id.as_str().into(),
            name: name.as_str().into(),
            role: role.as_str().into(),
            created_at: created_at.seconds(),
        }
    }
}

impl TryFrom<StoredServiceAccount<'_>> for ServiceAccount {
    type Error = Invalid;

    fn try_from(stored: StoredServiceAccount<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            organization_id: stored.organization_id.parse()?,
            project_id: stored.project_id.parse()?,
            name: stored.name.parse()?,
            role: stored.role.parse()?,
            created_at: Timestamp::from_seconds(stored.created_at),
        })
    }
}
