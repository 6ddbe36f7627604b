//! The table of organizations, each with its default project.

use async_trait::async_trait;
use models_core::{
    Change, Organization, OrganizationRepository, Origin, RepositoryError, Slug, Timestamp,
};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::damaged;
use crate::projects::{ProjectRow, insert_default_project, project_columns};

macro_rules! organization_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => id slug name created_at)
    };
}

macro_rules! select_organizations {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            organization_columns!([", "] ["o." *]),
            ", ",
            project_columns!([", "] ["p." * " AS project_" *]),
            " FROM organizations o JOIN projects p ON p.organization_id = o.id AND p.is_default = 1 ",
            $rest
        )
    };
}

const LIST: &str = select_organizations!("ORDER BY o.slug");
const FIND_BY_SLUG: &str = select_organizations!("WHERE o.slug = $1");
const INSERT: &str = concat!(
    "INSERT INTO organizations (",
    organization_columns!([", "] [*]),
    ") VALUES (",
    organization_columns!(values),
    ")"
);

#[derive(FromRow)]
struct OrganizationRow {
    id: String,
    slug: String,
    name: String,
    created_at: i64,
    #[sqlx(flatten)]
    default_project: ProjectRow,
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
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("organizations", error))
    }
}

#[async_trait]
impl<DB: Backend> OrganizationRepository for SqlStore<DB> {
    async fn insert(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<(), RepositoryError> {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            insert_organization(&mut mutation, organization).await?;
            mutation.commit().await
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Organization>, RepositoryError> {
        let rows: Vec<OrganizationRow> = self.read(LIST, vec![]).await?;
        rows.into_iter().map(Organization::try_from).collect()
    }

    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, RepositoryError> {
        let rows: Vec<OrganizationRow> =
            self.read(FIND_BY_SLUG, vec![slug.as_str().into()]).await?;
        rows.into_iter()
            .next()
            .map(Organization::try_from)
            .transpose()
    }
}

/// Inserts the organization within an open transaction.
pub(crate) async fn insert_organization<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization: Organization,
) -> Result<(), RepositoryError> {
    let created_at = organization.created_at;
    let values = vec![
        organization.id.as_str().into(),
        organization.slug.as_str().into(),
        organization.name.as_str().into(),
        i64::from(created_at).into(),
    ];
    mutation.execute(INSERT, values).await?;
    let Organization {
        id,
        default_project,
        ..
    } = &organization;
    insert_default_project(mutation, id, default_project, created_at).await?;
    mutation
        .record(&Change::OrganizationCreated(organization))
        .await
}
