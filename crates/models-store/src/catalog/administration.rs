//! Changes that an administrator makes to an organization.

use futures_util::future::BoxFuture;
use models_core::{
    Actor, AdminApiKeyId, Administered, AdministrationRefusal, KeyRejection, OrganizationId,
    Origin, RepositoryError, Suspension, Timestamp, Validity,
};

use super::database::Backend;
use super::mutation::Mutation;
use super::sql_store::SqlStore;
use crate::database::damaged;

const FIND_ADMIN_KEY: &str = "SELECT k.expires_at, k.revoked_at, o.disabled_at FROM admin_api_keys k \
    JOIN organizations o ON o.id = k.organization_id WHERE k.id = $1 AND k.organization_id = $2";

const FIND_ORGANIZATION: &str =
    "SELECT created_at FROM organizations WHERE id = $1 AND deleted_at IS NULL";

/// The expiry, the revocation, and the time from which the organization is disabled.
type AdminKeyTimes = (Option<i64>, Option<i64>, Option<i64>);

fn validity(
    (expires_at, revoked_at, disabled_at): AdminKeyTimes,
) -> Result<Validity, RepositoryError> {
    let time = |seconds: Option<i64>| {
        let time = seconds.map(Timestamp::try_from).transpose();
        time.map_err(|error| damaged("admin_api_keys", error))
    };
    Ok(Validity {
        expires_at: time(expires_at)?,
        revoked_at: time(revoked_at)?,
        suspension: disabled_at.map(|_| Suspension::OrganizationDisabled),
    })
}

impl<DB: Backend> SqlStore<DB> {
    /// Makes a change of this organization in a transaction. If an admin key makes the change, the
    /// transaction reads the key: it must be a valid key of this organization. `NotFound` if there is
    /// no such organization, or if it is deleted. A refused change is
    /// rolled back. A change that recorded nothing, because the catalog is already as requested,
    /// returns once all nodes enforce that.
    pub(crate) async fn administer<T, C>(
        &self,
        organization_id: &OrganizationId,
        origin: Origin,
        change: C,
    ) -> Administered<T>
    where
        T: Send + 'static,
        C: for<'m> FnOnce(
                &'m mut Mutation<DB>,
                &'m OrganizationId,
            ) -> BoxFuture<'m, Administered<T>>
            + Send
            + 'static,
    {
        let (store, organization_id) = (self.clone(), organization_id.clone());
        self.run(async move {
            let actor = origin.actor.clone();
            let mut mutation = Mutation::begin(&store, origin).await?;
            let changed = match refuse(&mut mutation, &actor, &organization_id).await? {
                None => change(&mut mutation, &organization_id).await?,
                Some(refusal) => Err(refusal),
            };
            if changed.is_err() {
                mutation.roll_back().await?;
            } else {
                mutation.commit_or_repeat().await?;
            }
            Ok(changed)
        })
        .await
    }
}

/// The reason why the actor must not change this organization.
async fn refuse<DB: Backend>(
    mutation: &mut Mutation<DB>,
    actor: &Actor,
    organization_id: &OrganizationId,
) -> Result<Option<AdministrationRefusal>, RepositoryError> {
    let rejection = match actor {
        Actor::CommandLine | Actor::FirstStart => None,
        // The routes of administration accept admin keys alone.
        Actor::ApiKey(_) => Some(KeyRejection::Revoked),
        Actor::AdminApiKey(id) => check(mutation, id, organization_id).await?,
    };
    if let Some(rejection) = rejection {
        return Ok(Some(AdministrationRefusal::Key(rejection)));
    }
    let values = vec![organization_id.as_str().into()];
    let found: Vec<(i64,)> = mutation.fetch(FIND_ORGANIZATION, values).await?;
    Ok(found.is_empty().then_some(AdministrationRefusal::NotFound))
}

async fn check<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &AdminApiKeyId,
    organization_id: &OrganizationId,
) -> Result<Option<KeyRejection>, RepositoryError> {
    let values = vec![id.as_str().into(), organization_id.as_str().into()];
    let rows: Vec<AdminKeyTimes> = mutation.fetch(FIND_ADMIN_KEY, values).await?;
    let Some(times) = rows.into_iter().next() else {
        return Ok(Some(KeyRejection::Revoked));
    };
    let now = mutation.origin().at;
    Ok(validity(times)?.check(now).err())
}
