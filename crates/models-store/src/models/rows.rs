//! Rows of models.

use models_core::{Model, OrganizationId, RepositoryError, Scope, ShutdownDate};
use sqlx_macros::FromRow;

use crate::credentials::CredentialRow;
use crate::database::damaged;

const PUBLIC: &str = "public";

/// The columns of the table `models`: first the columns that identify a model, then the other
/// fields. `organization_id` repeats the scope for the foreign key, and only inserts use it.
macro_rules! model_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => [scope id] [created owned_by shutdown_date])
    };
}
pub(super) use model_columns;

#[derive(FromRow)]
pub(super) struct ModelRow {
    scope: String,
    id: String,
    created: i64,
    owned_by: String,
    shutdown_date: Option<String>,
}

/// The optional model of a joined row.
#[derive(FromRow)]
pub(super) struct JoinedModel {
    #[sqlx(rename = "model_scope")]
    scope: Option<String>,
    #[sqlx(rename = "model_id")]
    id: Option<String>,
    #[sqlx(rename = "model_created")]
    created: Option<i64>,
    #[sqlx(rename = "model_owned_by")]
    owned_by: Option<String>,
    #[sqlx(rename = "model_shutdown_date")]
    shutdown_date: Option<String>,
}

/// A candidate with both revisions; without a candidate, one row has the revisions alone.
#[derive(FromRow)]
pub(super) struct CandidateRow {
    pub(super) public_revision: i64,
    pub(super) own_revision: i64,
    #[sqlx(flatten)]
    pub(super) model: JoinedModel,
}

/// A key with a model that it may delete; without a model, one row has the key alone.
#[derive(FromRow)]
pub(super) struct KeyAndCandidateRow {
    #[sqlx(flatten)]
    pub(super) key: CredentialRow,
    #[sqlx(flatten)]
    pub(super) model: JoinedModel,
}

impl JoinedModel {
    pub(super) fn row(self) -> Option<ModelRow> {
        Some(ModelRow {
            scope: self.scope?,
            id: self.id?,
            created: self.created?,
            owned_by: self.owned_by?,
            shutdown_date: self.shutdown_date,
        })
    }
}

impl TryFrom<ModelRow> for Model {
    type Error = RepositoryError;

    fn try_from(row: ModelRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                scope: match row.scope.as_str() {
                    PUBLIC => Scope::Public,
                    _ => Scope::Organization(row.scope.try_into()?),
                },
                created: row.created.try_into()?,
                owned_by: row.owned_by.try_into()?,
                shutdown_date: row.shutdown_date.map(ShutdownDate::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("models", error))
    }
}

/// The scope in the table's form.
pub(super) fn column(scope: &Scope) -> &str {
    scope
        .organization_id()
        .map_or(PUBLIC, OrganizationId::as_str)
}

pub(super) fn models(
    rows: impl IntoIterator<Item = ModelRow>,
) -> Result<Vec<Model>, RepositoryError> {
    rows.into_iter().map(Model::try_from).collect()
}
