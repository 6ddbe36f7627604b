//! The look-up for repeated registrations with minted ids.

use models_core::{
    Model, NamedFields, OrganizationId, RandomPart, RepositoryError, Revision, Scope,
};

use super::find_in;
use crate::catalog::{Backend, Mutation};
use crate::database::damaged;

/// Finds the registrations by the actor among the newest events of the organization. The index `events_organization` has
/// these events, so the time tells nothing about other organizations. The number of events bounds the statement, which
/// holds the turn.
const FIND_REGISTERED: &str = "SELECT revision, subject_id FROM (SELECT revision, occurred_at, actor, type, subject_id FROM events \
        WHERE organization_id = $1 ORDER BY revision DESC LIMIT 1000) newest \
    WHERE type = 'model.created' AND actor = $2 AND occurred_at >= $3 ORDER BY revision DESC";

/// The time in seconds within which a client can repeat a registration whose response was lost.
const REPEATED_WITHIN: i64 = 60;

/// Finds the newest model that the actor registered within the last minute under a minted id with this beginning and with
/// these fields, and the revision of that registration.
pub(super) async fn find_minted<DB: Backend>(
    mutation: &mut Mutation<DB>,
    scope: &Scope,
    prefix: &str,
    fields: &NamedFields,
) -> Result<Option<(Model, Revision)>, RepositoryError> {
    let since = i64::from(mutation.origin().at) - REPEATED_WITHIN;
    let actor = mutation.origin().actor.to_string();
    let organization_id = scope.organization_id().map(OrganizationId::as_str);
    let values = vec![organization_id.into(), actor.as_str().into(), since.into()];
    let rows: Vec<(i64, String)> = mutation.fetch(FIND_REGISTERED, values).await?;
    for (revision, id) in rows {
        let random = id.strip_prefix(prefix);
        if !random.is_some_and(RandomPart::is_valid) {
            continue;
        }
        let id = id.try_into();
        let id = id.map_err(|error: models_core::Invalid| damaged("events", error))?;
        let model = find_in(mutation, scope, &id).await?;
        if let Some(model) = model.filter(|model| fields.update(model) == *model) {
            return Ok(Some((model, Revision(revision))));
        }
    }
    Ok(None)
}
