//! Use cases of API keys.

use std::time::Duration;

use models_core::{
    AccountRole, Administered, ApiKey, ApiKeyId, ApiKeyRepository, Credential,
    CredentialRepository, InsertionRefusal, Origin, RepositoryError, Secret,
    ServiceAccountRepository, Timestamp,
};

use super::service_accounts::{KeyOwner, NewKey, NewServiceAccount, account, api_key};

/// A secret that an operator chooses and that is shorter than this, in characters, can be guessed.
pub const SHORTEST_SECRET: usize = 20;

/// Why a lifetime is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidLifetime {
    /// It is shorter than a second.
    TooShort,
    /// The key would expire after the last time that can be stored.
    TooLong,
}

/// The time of expiry of a key with this lifetime.
pub fn expiry(now: Timestamp, lifetime: Duration) -> Result<Timestamp, InvalidLifetime> {
    if lifetime.as_secs() == 0 {
        return Err(InvalidLifetime::TooShort);
    }
    now.checked_add(lifetime).ok_or(InvalidLifetime::TooLong)
}

/// Whether a secret that an operator has chosen can be guessed.
#[must_use]
pub fn can_be_guessed(secret: &Secret) -> bool {
    secret.length() < SHORTEST_SECRET
}

/// Creates a key, and the service account of its name that owns it. Returns `AlreadyExists` if another key has this id or
/// secret.
pub async fn create(
    accounts: &dyn ServiceAccountRepository,
    owner: &KeyOwner,
    (new, secret): (NewKey, &Secret),
    origin: Origin,
) -> Administered<ApiKey> {
    let account = account(owner, account_of(&new), origin.at);
    let key = api_key(owner, &account, new, secret, origin.at);
    let inserted = accounts.insert(account, Some((key.clone(), secret.digest())), origin);
    Ok(inserted.await?.map(|()| key))
}

/// A key to create, with its owner and its secret.
pub struct NewOwnedKey {
    /// The project that the key belongs to.
    pub owner: KeyOwner,
    /// The key.
    pub new: NewKey,
    /// The secret.
    pub secret: Secret,
}

/// Creates keys as [`create`] does, all of them or none. A refusal has the position of the refused key.
pub async fn create_all<'k>(
    accounts: &dyn ServiceAccountRepository,
    keys: impl Iterator<Item = &'k NewOwnedKey>,
    origin: Origin,
) -> Result<Result<Vec<ApiKey>, (usize, InsertionRefusal)>, RepositoryError> {
    let (mut rows, mut created) = (vec![], vec![]);
    for NewOwnedKey { owner, new, secret } in keys {
        let account = account(owner, account_of(new), origin.at);
        let key = api_key(owner, &account, new.clone(), secret, origin.at);
        created.push(key.clone());
        rows.push((account, key, secret.digest()));
    }
    let inserted = accounts.insert_all(rows, origin).await?;
    Ok(inserted.map(|()| created))
}

/// The account of this key's name.
pub(super) fn account_of(key: &NewKey) -> NewServiceAccount {
    NewServiceAccount {
        id: None,
        name: key.name.clone(),
        role: AccountRole::of_key_role(key.role),
    }
}

/// How an operator names a key.
pub enum KeyName {
    /// By its id.
    Id(ApiKeyId),
    /// By its secret.
    Secret(Secret),
}

/// Revokes the key, and returns the revoked key as soon as all nodes refuse it; `None` if there is no such key.
pub async fn revoke(
    api_keys: &dyn ApiKeyRepository,
    credentials: &dyn CredentialRepository,
    name: &KeyName,
    origin: Origin,
) -> Result<Option<ApiKey>, RepositoryError> {
    let found;
    let id = match name {
        KeyName::Id(id) => id,
        KeyName::Secret(secret) => {
            found = credentials.find_by_digest(&secret.digest()).await?.value;
            match &found {
                Some(Credential::ApiKey(access)) => &access.key.id,
                Some(Credential::AdminApiKey(_)) | None => return Ok(None),
            }
        }
    };
    api_keys.revoke(id, origin).await
}

#[cfg(test)]
mod tests {
    use models_core::{Actor, Context, Organization, Role};
    use uuid::Uuid;

    use super::super::organizations::organization;
    use super::*;
    use crate::fake::administration::Inserted;
    use crate::fake::keys::Keys;

    const NOW: Timestamp = Timestamp::from_seconds(7);

    fn origin() -> Origin {
        Origin {
            actor: Actor::CommandLine,
            at: NOW,
            context: Context::default(),
        }
    }

    fn acme() -> Organization {
        organization("acme".parse().unwrap(), "Acme".parse().unwrap(), NOW)
    }

    #[test]
    fn a_lifetime_is_at_least_a_second_and_ends_at_the_last_time() {
        let now = Timestamp::from_seconds(u32::MAX - 2);
        let expiry = |lifetime| expiry(now, lifetime);
        let nearly = Duration::from_millis(999);
        assert_eq!(expiry(nearly), Err(InvalidLifetime::TooShort));
        let last = Timestamp::from_seconds(u32::MAX);
        assert_eq!(expiry(Duration::from_secs(2)), Ok(last));
        let longer = Duration::from_secs(3);
        assert_eq!(expiry(longer), Err(InvalidLifetime::TooLong));
    }

    #[test]
    fn a_short_secret_can_be_guessed() {
        for (length, expected) in [(SHORTEST_SECRET - 1, true), (SHORTEST_SECRET, false)] {
            let secret = Secret::parse(&"a".repeat(length)).unwrap();
            assert_eq!(can_be_guessed(&secret), expected, "{length}");
        }
    }

    #[tokio::test]
    async fn a_key_is_stored_with_an_account_of_its_name() {
        let secret = Secret::from_random([7; 32]);
        let owner = KeyOwner::default_project(&acme());
        let expires_at = Some(Timestamp::from_seconds(9));
        for (role, account_role) in [
            (Role::Reader, AccountRole::Member),
            (Role::Writer, AccountRole::Member),
            (Role::Owner, AccountRole::Owner),
        ] {
            let accounts = Inserted::default();
            let new = NewKey {
                id: None,
                name: "gateway".parse().unwrap(),
                role,
                scopes: None,
                expires_at,
            };
            let created = create(&accounts, &owner, (new, &secret), origin()).await;
            let created = created.unwrap().unwrap();
            let (account, key) = accounts.accounts.lock().unwrap().remove(0);
            assert_eq!(key, Some((created.clone(), secret.digest())));
            assert_eq!(account.name, created.name);
            assert_eq!(account.role, account_role);
            assert_eq!(created.service_account_id, Some(account.id));
            assert_eq!((created.role, created.expires_at), (role, expires_at));
        }
    }

    #[tokio::test]
    async fn several_keys_are_stored_in_their_order() {
        let accounts = Inserted::default();
        let keys: Vec<NewOwnedKey> = [Role::Reader, Role::Owner]
            .map(|role| NewOwnedKey {
                owner: KeyOwner::default_project(&acme()),
                new: NewKey {
                    id: None,
                    name: "gateway".parse().unwrap(),
                    role,
                    scopes: None,
                    expires_at: None,
                },
                secret: Secret::from_random([7; 32]),
            })
            .into();
        let created = create_all(&accounts, keys.iter(), origin()).await;
        let created = created.unwrap().unwrap();
        let stored = accounts.accounts.into_inner().unwrap().into_iter();
        let stored: Vec<ApiKey> = stored.map(|(_, key)| key.unwrap().0).collect();
        assert_eq!(created, stored);
        let roles: Vec<Role> = created.iter().map(|key| key.role).collect();
        assert_eq!(roles, [Role::Reader, Role::Owner]);
        assert_ne!(created[0].id, created[1].id);
    }

    #[tokio::test]
    async fn a_key_is_revoked_by_its_id_or_its_secret() {
        let (secret, other) = ([7; 32], [8; 32]);
        let keys = Keys::new(&Secret::from_random(secret));
        let id = keys.access.key.id.clone();
        let unknown = ApiKeyId::from_uuid(Uuid::from_u128(2));
        for (name, is_known) in [
            (KeyName::Id(id.clone()), true),
            (KeyName::Id(unknown), false),
            (KeyName::Secret(Secret::from_random(secret)), true),
            (KeyName::Secret(Secret::from_random(other)), false),
            (KeyName::Secret(keys.admin_secret.clone()), false),
        ] {
            let revoked = revoke(&keys, &keys, &name, origin()).await.unwrap();
            let revoked = revoked.map(|key| (key.id, key.revoked_at));
            assert_eq!(revoked, is_known.then(|| (id.clone(), Some(NOW))));
        }
    }
}
