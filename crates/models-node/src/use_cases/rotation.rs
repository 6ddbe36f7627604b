//! Use cases of key rotation: a new key takes the place of another one, which stays valid for a while.

use std::time::Duration;

use models_core::{
    Administered, AdministrationRefusal, ApiKey, ApiKeyId, ApiKeyRepository, ApiKeyUpdate, Origin,
    OwnedApiKey, Secret, Timestamp,
};
use uuid::Uuid;

/// The lifetime that the key had at its creation; `None` if it does not expire.
#[must_use]
pub fn lifetime(key: &ApiKey) -> Option<Duration> {
    let seconds = |time: Timestamp| u64::from(time.seconds());
    key.expires_at.map(|expires_at| {
        Duration::from_secs(seconds(expires_at).saturating_sub(seconds(key.created_at)))
    })
}

/// Creates a key with this secret in place of another one: it has the same project, service account, name, role and
/// scopes. A key that is revoked or has expired is not replaced, because its permissions have ended.
pub async fn replace(
    api_keys: &dyn ApiKeyRepository,
    replaced: &ApiKey,
    secret: &Secret,
    expires_at: Option<Timestamp>,
    origin: Origin,
) -> Administered<ApiKey> {
    let Some(key) = successor(replaced, secret, expires_at, origin.at) else {
        return Ok(Err(AdministrationRefusal::InvalidKey));
    };
    let inserted = api_keys.insert(key.clone(), secret.digest(), origin);
    Ok(inserted.await?.map(|()| key))
}

/// Whether the key can be replaced at this time: it is neither revoked nor has it expired.
#[must_use]
pub fn can_be_replaced(replaced: &ApiKey, now: Timestamp) -> bool {
    let is_expired = replaced.expires_at.is_some_and(|end| end <= now);
    !is_expired && replaced.revoked_at.is_none()
}

fn successor(
    replaced: &ApiKey,
    secret: &Secret,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<ApiKey> {
    can_be_replaced(replaced, now).then(|| ApiKey {
        id: ApiKeyId::from_uuid(Uuid::now_v7()),
        redacted_value: secret.redacted(),
        created_at: now,
        expires_at,
        ..replaced.clone()
    })
}

/// The end of a replaced key: after the grace, unless the key expires earlier. `None` if the grace ends after the last
/// time that can be stored.
#[must_use]
pub fn end(replaced: &ApiKey, grace: Duration, now: Timestamp) -> Option<Timestamp> {
    let end = now.checked_add(grace)?;
    Some(replaced.expires_at.map_or(end, |expiry| expiry.min(end)))
}

/// Lets a replaced key expire at this time. Returns the key once all nodes know its expiry.
pub async fn expire(
    api_keys: &dyn ApiKeyRepository,
    replaced: &ApiKey,
    at: Timestamp,
    origin: Origin,
) -> Administered<OwnedApiKey> {
    let ApiKey {
        id,
        organization_id,
        project_id,
        ..
    } = replaced;
    let update = ApiKeyUpdate {
        scopes: None,
        expires_at: Some(at),
    };
    api_keys
        .update_in_project(organization_id, project_id, id, update, origin)
        .await
}

#[cfg(test)]
mod tests {
    use models_core::{OrganizationId, ProjectId, Role, Scopes};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(100);

    fn key() -> ApiKey {
        let id = Uuid::from_u128(1);
        ApiKey {
            id: ApiKeyId::from_uuid(id),
            organization_id: OrganizationId::from_uuid(id),
            organization_slug: "acme".parse().unwrap(),
            project_id: ProjectId::from_uuid(id),
            service_account_id: Some("ci".parse().unwrap()),
            name: "ci".parse().unwrap(),
            role: Role::Reader,
            scopes: Scopes::new(vec!["api.model.read".to_owned()]).unwrap(),
            redacted_value: "...".to_owned(),
            created_at: Timestamp::from_seconds(40),
            expires_at: Some(Timestamp::from_seconds(101)),
            revoked_at: None,
        }
    }

    #[test]
    fn a_successor_differs_in_its_id_its_secret_and_its_times() {
        let (replaced, secret) = (key(), Secret::from_random([7; 32]));
        let new = successor(&replaced, &secret, None, NOW).unwrap();
        assert_ne!(new.id, replaced.id);
        let expected = ApiKey {
            id: new.id.clone(),
            redacted_value: secret.redacted(),
            created_at: NOW,
            expires_at: None,
            ..replaced
        };
        assert_eq!(new, expected);
    }

    #[test]
    fn a_key_that_is_no_longer_valid_has_no_successor() {
        let secret = Secret::from_random([7; 32]);
        let expired = ApiKey {
            expires_at: Some(NOW),
            ..key()
        };
        let revoked = ApiKey {
            revoked_at: Some(NOW),
            ..key()
        };
        for key in [expired, revoked] {
            assert_eq!(successor(&key, &secret, None, NOW), None);
        }
    }

    #[test]
    fn a_replaced_key_ends_after_the_grace_and_never_later_than_before() {
        let endless = ApiKey {
            expires_at: None,
            ..key()
        };
        let grace = Duration::from_secs;
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        assert_eq!(end(&endless, grace(5), NOW), at(105));
        assert_eq!(end(&key(), grace(5), NOW), at(101));
        assert_eq!(end(&key(), grace(0), NOW), Some(NOW));
        assert_eq!(end(&key(), grace(u64::MAX), NOW), None);
        assert_eq!(lifetime(&endless), None);
        assert_eq!(lifetime(&key()), Some(grace(61)));
    }
}
