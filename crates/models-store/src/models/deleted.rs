//! The look-up for repeated deletions.

use models_core::{Actor, ApiKeyId, Change, Model, ModelId, RepositoryError, Revision};

use crate::catalog::{Backend, Mutation};
use crate::database::damaged;
use crate::events::stored;

/// The index `events_deletions` finds the actor's own deletions of this id and reads no other
/// event. Otherwise the response time would reveal to one tenant the history of another.
const FIND_DELETED: &str = "SELECT revision, change FROM events WHERE type = 'model.deleted' AND actor = $1 \
    AND subject_id = $2 AND occurred_at >= $3 ORDER BY revision DESC LIMIT 1";

/// The time in seconds within which a client can repeat a deletion whose response was lost.
const REPEATED_WITHIN: i64 = 60;

/// Finds the model with this id that this key deleted within the last minute, and the revision of
/// the deletion.
pub(super) async fn find_deleted<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key_id: &ApiKeyId,
    id: &ModelId,
) -> Result<Option<(Model, Revision)>, RepositoryError> {
    let since = i64::from(mutation.origin().at) - REPEATED_WITHIN;
    let actor = Actor::ApiKey(key_id.clone());
    let mut names = vec![actor.to_string()];
    // Version 0.1 wrote the id alone. The id must not pass for another actor, such as the command line.
    if key_id.as_str().parse() == Ok(actor) {
        names.push(key_id.to_string());
    }
    let mut rows: Vec<(i64, String)> = Vec::new();
    for name in names {
        let values = vec![name.as_str().into(), id.as_str().into(), since.into()];
        rows.extend(mutation.fetch(FIND_DELETED, values).await?);
    }
    let newest = rows.into_iter().max_by_key(|(revision, _)| *revision);
    match newest {
        None => Ok(None),
        Some((revision, change)) => match stored::read(&change) {
            Ok(Change::ModelDeleted(model)) => Ok(Some((model, Revision(revision)))),
            Ok(other) => Err(RepositoryError::Failed(
                format!("a {} is logged as a deletion", other.kind()).into(),
            )),
            Err(error) => Err(damaged("events", error)),
        },
    }
}

#[cfg(test)]
mod tests;
