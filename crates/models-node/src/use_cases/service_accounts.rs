//! Use cases of service accounts and their keys.

use models_core::{
    AccountRole, Administered, ApiKey, ApiKeyId, ApiKeyRepository, Entered, Name, Organization,
    OrganizationId, Origin, ProjectId, Role, Scopes, Secret, ServiceAccount, ServiceAccountId,
    ServiceAccountRepository, Slug, Timestamp,
};
use uuid::Uuid;

/// The project that an account or a key belongs to.
#[derive(Clone)]
pub struct KeyOwner {
    /// The project's organization.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
    /// The project.
    pub project_id: ProjectId,
}

impl KeyOwner {
    /// The organization's default project.
    #[must_use]
    pub fn default_project(organization: &Organization) -> Self {
        Self {
            organization_id: organization.id.clone(),
            organization_slug: organization.slug.clone(),
            project_id: organization.default_project.id.clone(),
        }
    }
}

/// The service account to create.
pub struct NewServiceAccount {
    /// The id; `None` for a new one.
    pub id: Option<ServiceAccountId>,
    /// The display name.
    pub name: Entered<Name>,
    /// The role.
    pub role: AccountRole,
}

/// The key of a service account to create.
#[derive(Clone)]
pub struct NewKey {
    /// The id; `None` for a new one.
    pub id: Option<ApiKeyId>,
    /// The display name.
    pub name: Entered<Name>,
    /// The role.
    pub role: Role,
    /// The scopes; `None` restricts nothing.
    pub scopes: Option<Scopes>,
    /// The time of expiry; `None` for a key that does not expire.
    pub expires_at: Option<Timestamp>,
}

/// The role of the keys of an account with this role. A key of an account without a role has no permissions, whatever its own
/// role.
#[must_use]
pub fn role_of_keys(account: AccountRole) -> Role {
    account.key_role().unwrap_or(Role::Reader)
}

/// Creates a service account, with a key if `key` and its secret are given. Returns `AlreadyExists` if any organization has, or
/// had, an account or a key with these ids, or a key with this secret.
pub async fn create(
    accounts: &dyn ServiceAccountRepository,
    owner: &KeyOwner,
    new: NewServiceAccount,
    key: Option<(NewKey, &Secret)>,
    origin: Origin,
) -> Administered<(ServiceAccount, Option<ApiKey>)> {
    let account = account(owner, new, origin.at);
    let key = key.map(|(new, secret)| {
        let key = api_key(owner, &account, new, secret, origin.at);
        (key, secret.digest())
    });
    let inserted = accounts.insert(account.clone(), key.clone(), origin);
    let inserted = inserted.await?;
    Ok(inserted.map(|()| (account, key.map(|(key, _)| key))))
}

/// Creates a key of this account. Returns `AlreadyExists` if any organization has, or had, a key with this id or secret.
pub async fn create_key(
    keys: &dyn ApiKeyRepository,
    owner: &KeyOwner,
    account: &ServiceAccount,
    (new, secret): (NewKey, &Secret),
    origin: Origin,
) -> Administered<ApiKey> {
    let key = api_key(owner, account, new, secret, origin.at);
    let inserted = keys.insert(key.clone(), secret.digest(), origin);
    Ok(inserted.await?.map(|()| key))
}

pub(super) fn account(owner: &KeyOwner, new: NewServiceAccount, now: Timestamp) -> ServiceAccount {
    let NewServiceAccount { id, name, role } = new;
    ServiceAccount {
        id: id.unwrap_or_else(|| ServiceAccountId::from_uuid(Uuid::now_v7())),
        organization_id: owner.organization_id.clone(),
        project_id: owner.project_id.clone(),
        name: name.into_inner(),
        role,
        created_at: now,
    }
}

pub(super) fn api_key(
    owner: &KeyOwner,
    account: &ServiceAccount,
    new: NewKey,
    secret: &Secret,
    now: Timestamp,
) -> ApiKey {
    let NewKey {
        id,
        name,
        role,
        scopes,
        expires_at,
    } = new;
    ApiKey {
        id: id.unwrap_or_else(|| ApiKeyId::from_uuid(Uuid::now_v7())),
        organization_id: owner.organization_id.clone(),
        organization_slug: owner.organization_slug.clone(),
        project_id: owner.project_id.clone(),
        service_account_id: Some(account.id.clone()),
        name: name.into_inner(),
        role,
        scopes,
        redacted_value: secret.redacted(),
        created_at: now,
        expires_at,
        revoked_at: None,
    }
}

#[cfg(test)]
mod tests {
    use models_core::{Actor, Context};

    use super::super::organizations::organization;
    use super::*;
    use crate::fake::administration::Inserted;

    const NOW: Timestamp = Timestamp::from_seconds(7);

    fn origin() -> Origin {
        Origin {
            actor: Actor::CommandLine,
            at: NOW,
            context: Context::default(),
        }
    }

    fn owner() -> KeyOwner {
        let acme = organization("acme".parse().unwrap(), "Acme".parse().unwrap(), NOW);
        let owner = KeyOwner::default_project(&acme);
        assert_eq!(owner.project_id, acme.default_project.id);
        owner
    }

    fn new_account() -> NewServiceAccount {
        NewServiceAccount {
            id: None,
            name: "app".parse().unwrap(),
            role: AccountRole::Member,
        }
    }

    fn new_key(id: Option<ApiKeyId>) -> NewKey {
        let scopes = Scopes::new(vec!["api.model.read".to_owned()]).unwrap();
        NewKey {
            id,
            name: "a key".parse().unwrap(),
            role: role_of_keys(AccountRole::Member),
            scopes,
            expires_at: Some(Timestamp::from_seconds(9)),
        }
    }

    #[tokio::test]
    async fn an_account_is_created_with_its_key_or_without_one() {
        let (accounts, owner, secret) =
            (Inserted::default(), owner(), Secret::from_random([7; 32]));
        let key = Some((new_key(None), &secret));
        let created = create(&accounts, &owner, new_account(), key, origin()).await;
        let (account, key) = created.unwrap().unwrap();
        let key = key.unwrap();
        let inserted = accounts.accounts.lock().unwrap().remove(0);
        assert_eq!(
            inserted,
            (account.clone(), Some((key.clone(), secret.digest())))
        );
        assert_eq!(key.service_account_id, Some(account.id.clone()));
        assert_eq!(
            (&key.project_id, &account.project_id),
            (&owner.project_id, &owner.project_id)
        );
        assert_eq!(
            (key.role, key.redacted_value),
            (Role::Writer, secret.redacted())
        );
        assert_eq!(
            key.scopes.unwrap().iter().collect::<Vec<_>>(),
            ["api.model.read"]
        );
        let alone = create(&accounts, &owner, new_account(), None, origin()).await;
        let (other, key) = alone.unwrap().unwrap();
        assert_eq!(key, None);
        assert_ne!(other.id, account.id);
        assert_eq!(accounts.accounts.lock().unwrap().remove(0), (other, None));
    }

    #[test]
    fn a_key_has_the_given_id_or_a_new_one_and_not_its_secret() {
        let (owner, secret) = (owner(), Secret::from_random([7; 32]));
        let account = account(&owner, new_account(), NOW);
        let key = |id| api_key(&owner, &account, new_key(id), &secret, NOW);
        let given: ApiKeyId = "api_key_id".parse().unwrap();
        assert_eq!(key(Some(given.clone())).id, given);
        assert_ne!(key(None).id, key(None).id);
        assert!(!format!("{:?}", key(None)).contains(secret.expose()));
    }

    #[test]
    fn keys_have_the_role_of_their_account() {
        assert_eq!(role_of_keys(AccountRole::Owner), Role::Owner);
        assert_eq!(role_of_keys(AccountRole::Member), Role::Writer);
        assert_eq!(role_of_keys(AccountRole::None), Role::Reader);
    }
}
