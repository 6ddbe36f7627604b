//! Rows of organizations.

use models_core::{Organization, RepositoryError, Timestamp};
use sqlx_macros::FromRow;

use crate::database::damaged;
use crate::projects::DefaultProjectRow;

/// The columns of the table `organizations` that a row has.
macro_rules! organization_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => id slug name created_at disabled_at)
    };
}

pub(super) use organization_columns;

/// Writes a statement that returns [`OrganizationRow`]s.
macro_rules! select_organizations {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            organization_columns!([", "] ["o." *]),
            ", ",
            "p.id AS project_id, p.name AS project_name",
            " FROM organizations o JOIN projects p ON p.organization_id = o.id AND p.is_default = 1 ",
            $rest
        )
    };
}
pub(super) use select_organizations;

#[derive(FromRow)]
pub(super) struct OrganizationRow {
    id: String,
    slug: String,
    name: String,
    created_at: i64,
    disabled_at: Option<i64>,
    #[sqlx(flatten)]
    default_project: DefaultProjectRow,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = RepositoryError;

    fn try_from(row: OrganizationRow) -> Result<Self, RepositoryError> {
        let default_project = row.default_project.try_into()?;
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                slug: row.slug.try_into()?,
                name: row.name.try_into()?,
                default_project,
                created_at: Timestamp::try_from(row.created_at)?,
                disabled_at: row.disabled_at.map(Timestamp::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("organizations", error))
    }
}
