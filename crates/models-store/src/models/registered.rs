//! The look-up for repeated registrations with minted ids.

use models_core::{Model, NamedFields, OrganizationId, RepositoryError, Revision};

use super::rows::{ModelRow, model_columns, models};
use crate::catalog::{Backend, Mutation};

/// The newest events of the organization. An index has them, so that the time tells nothing about other organizations.
const NEWEST: &str = "SELECT revision, occurred_at, actor, type, subject_id FROM events \
    WHERE organization_id = $1 ORDER BY revision DESC LIMIT 1000";
const FIND_BY_PREFIX: &str = concat!(
    "SELECT ",
    model_columns!(all, [", "] [*]),
    " FROM models WHERE scope = $1 AND id >= $2 AND id < $3"
);

/// The time in seconds within which a client can repeat a registration whose response was lost.
const REPEATED_WITHIN: i64 = 60;

/// An event: its revision, its time, its actor, its kind and its subject.
type Row = (i64, i64, String, String, String);

/// Finds the newest model of the organization whose id begins with this prefix, which the actor registered with these
/// fields within the last minute, and the revision of that registration.
pub(super) async fn find_minted<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    prefix: &str,
    fields: &NamedFields,
) -> Result<Option<(Model, Revision)>, RepositoryError> {
    // The prefix ends with a colon, and the next character is a semicolon.
    let after = format!("{};", prefix.strip_suffix(':').unwrap_or(prefix));
    let scope = organization_id.as_str();
    let values = vec![scope.into(), prefix.into(), after.as_str().into()];
    let rows: Vec<ModelRow> = mutation.fetch(FIND_BY_PREFIX, values).await?;
    let mut candidates = models(rows)?;
    candidates.retain(|model| fields.update(model) == *model);
    if candidates.is_empty() {
        return Ok(None);
    }
    let since = i64::from(mutation.origin().at) - REPEATED_WITHIN;
    let actor = mutation.origin().actor.to_string();
    let rows: Vec<Row> = mutation.fetch(NEWEST, vec![scope.into()]).await?;
    let registered = rows
        .into_iter()
        .filter(|(_, at, by, kind, _)| *at >= since && *by == actor && kind == "model.created");
    let mut found = registered.filter_map(|(revision, _, _, _, subject)| {
        let model = candidates
            .iter()
            .find(|model| model.id.as_str() == subject)?;
        Some((model.clone(), Revision(revision)))
    });
    Ok(found.next())
}
