//! What becomes of an entry, and how it is staged.

use models_core::{Change, ChangedFields, Model, RepositoryError};

use super::statements::STAGED;
use crate::database::Value;
use crate::events::stored;

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated(ChangedFields),
    Unchanged,
}

/// What becomes of the model, and its event.
pub(super) fn difference(before: Option<&Model>, after: &Model) -> (Outcome, Option<Change>) {
    let Some(before) = before else {
        return (Outcome::Created, Some(Change::ModelCreated(after.clone())));
    };
    if before == after {
        return (Outcome::Unchanged, None);
    }
    let change = Change::ModelUpdated {
        before: before.clone(),
        after: after.clone(),
    };
    let fields = ChangedFields::between(before, after);
    (Outcome::Updated(fields), Some(change))
}

/// The columns of a staged row from `kind` on.
pub(super) fn row(
    before: Option<&Model>,
    after: &Model,
    change: Option<&Change>,
) -> Result<[Value; STAGED - 2], RepositoryError> {
    let json = change.map(stored::write).transpose();
    let json = json.map_err(|error| RepositoryError::Failed(error.into()))?;
    let date = |model: &Model| model.shutdown_date.map(String::from);
    Ok([
        change.map_or("", Change::kind).into(),
        after.id.as_str().into(),
        before.map(|before| i64::from(before.created)).into(),
        before.map(|before| before.owned_by.as_str()).into(),
        before.and_then(date).as_deref().into(),
        i64::from(after.created).into(),
        after.owned_by.as_str().into(),
        date(after).as_deref().into(),
        json.as_deref().into(),
    ])
}
