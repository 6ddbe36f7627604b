//! The staged form of an entry.

use models_core::{Change, Model, RepositoryError};

use super::statements::STAGED;
use crate::database::Value;
use crate::events::stored;

/// The columns of a staged row from `kind` on.
pub(super) fn staged_row(
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
