//! Organizations, each with its default project.

use async_trait::async_trait;
use models_core::{
    Change, Organization, OrganizationRepository, Origin, Project, RepositoryError, Slug, Timestamp,
};
use sqlx::FromRow;

use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::damaged;

macro_rules! select_organizations {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.slug, o.name, o.created_at, p.id AS project_id, p.name AS project_name ",
            "FROM organizations o JOIN projects p ON p.organization_id = o.id AND p.is_default = 1 ",
            $rest
        )
    };
}

const LIST: &str = select_organizations!("ORDER BY o.slug");
const FIND_BY_SLUG: &str = select_organizations!("WHERE o.slug = $1");
const INSERT: &str =
    "INSERT INTO organizations (id, slug, name, created_at) VALUES ($1, $2, $3, $4)";
const INSERT_DEFAULT_PROJECT: &str = "INSERT INTO projects (id, organization_id, name, is_default, created_at) VALUES ($1, $2, $3, 1, $4)";

#[derive(FromRow)]
struct OrganizationRow {
    id: String,
    slug: String,
    name: String,
    created_at: i64,
    project_id: String,
    project_name: String,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = RepositoryError;

    fn try_from(row: OrganizationRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                slug: row.slug.try_into()?,
                name: row.name.try_into()?,
                default_project: Project {
                    id: row.project_id.try_into()?,
                    name: row.project_name.try_into()?,
                },
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

/// Adds the organization to a transaction that is under way.
pub(crate) async fn insert_organization<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization: Organization,
) -> Result<(), RepositoryError> {
    let (id, project) = (organization.id.as_str(), &organization.default_project);
    let created_at = i64::from(organization.created_at);
    let values = vec![
        id.into(),
        organization.slug.as_str().into(),
        organization.name.as_str().into(),
        created_at.into(),
    ];
    mutation.execute(INSERT, values).await?;
    let values = vec![
        project.id.as_str().into(),
        id.into(),
        project.name.as_str().into(),
        created_at.into(),
    ];
    mutation.execute(INSERT_DEFAULT_PROJECT, values).await?;
    mutation
        .record(&Change::OrganizationCreated(organization))
        .await
}
