//! Changes of all rows of an organization in one table, within an open transaction.
//!
//! An organization can have a million models, and one statement for all of them would miss its
//! deadline. Each statement here changes the rows of a range of ids.

use models_core::{OrganizationId, RepositoryError};

use crate::catalog::{Backend, Mutation};
use crate::database::Value;

/// A change of the rows of an organization in one table.
pub(super) struct Pieces {
    /// Finds the last id of the piece that begins after the id `$2`, in the organization `$1`.
    pub(super) find_last: &'static str,
    /// Changes the rows of the organization `$1` after the id `$2`, up to the id `$3`.
    pub(super) change: &'static str,
}

/// Writes the statements of [`Pieces`]. A piece has at most 5,000 rows.
macro_rules! pieces {
    ($table:literal, $organization:literal, $change:expr) => {
        Pieces {
            find_last: concat!(
                "SELECT MAX(id) FROM (SELECT id FROM ",
                $table,
                " WHERE ",
                $organization,
                " = $1 AND id > $2 ORDER BY id LIMIT 5000) AS piece"
            ),
            change: concat!(
                $change,
                " ",
                $organization,
                " = $1 AND id > $2 AND id <= $3"
            ),
        }
    };
}
pub(super) use pieces;

impl Pieces {
    /// Makes the change. The change's own parameters begin with `$4`.
    pub(super) async fn execute<DB: Backend>(
        &self,
        mutation: &mut Mutation<DB>,
        organization: &OrganizationId,
        parameters: &[Value],
    ) -> Result<(), RepositoryError> {
        let organization: Value = organization.as_str().into();
        // No id is empty.
        let mut after = String::new();
        loop {
            let values = vec![organization.clone(), after.as_str().into()];
            let last: Vec<(Option<String>,)> = mutation.fetch(self.find_last, values).await?;
            let Some((Some(last),)) = last.into_iter().next() else {
                return Ok(());
            };
            let mut values = vec![
                organization.clone(),
                after.as_str().into(),
                last.as_str().into(),
            ];
            values.extend_from_slice(parameters);
            mutation.execute(self.change, values).await?;
            after = last;
        }
    }
}
