//! Changes that an administrator makes to an organization.

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

/// Begins a change of this organization. If an admin key makes the change, the transaction reads
/// the key: it must be a valid key of this organization.
pub(crate) async fn begin<DB: Backend>(
    store: &SqlStore<DB>,
    organization_id: &OrganizationId,
    origin: Origin,
) -> Administered<Mutation<DB>> {
    let actor = origin.actor.clone();
    let mut mutation = Mutation::begin(store, origin).await?;
    let refusal = match actor {
        Actor::CommandLine | Actor::FirstStart => None,
        // The routes of administration accept admin keys alone.
        Actor::ApiKey(_) => Some(KeyRejection::Revoked),
        Actor::AdminApiKey(id) => check(&mut mutation, &id, organization_id).await?,
    };
    if let Some(rejection) = refusal {
        mutation.roll_back().await?;
        return Ok(Err(AdministrationRefusal::Key(rejection)));
    }
    Ok(Ok(mutation))
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

/// Ends a change: commits what it recorded, or rolls back what it refused. A change that recorded
/// nothing, because the catalog is already as requested, returns once all nodes enforce that.
pub(crate) async fn end<DB: Backend, T>(
    mutation: Mutation<DB>,
    outcome: Result<T, AdministrationRefusal>,
) -> Administered<T> {
    if outcome.is_err() {
        mutation.roll_back().await?;
    } else if mutation.revision() == mutation.begun_at() {
        let begun_at = mutation.begun_at();
        mutation.repeat(begun_at).await?;
    } else {
        mutation.commit().await?;
    }
    Ok(outcome)
}
