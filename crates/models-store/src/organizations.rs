//! The table of organizations, each with its default project.

mod deletion;
mod pieces;
mod row;

use async_trait::async_trait;
use models_core::{
    Change, Name, Organization, OrganizationContents, OrganizationId, OrganizationPolicies,
    OrganizationRepository, OrganizationSettings, OrganizationState, OrganizationUpdate, Origin,
    RepositoryError, Slug, Timestamp,
};
use sqlx_macros::FromRow;

use self::deletion::{CONTENTS, Counts, contents};
use self::pieces::{Pieces, pieces};
use self::row::{OrganizationRow, organization_columns, select_organizations};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::damaged;
use crate::policies;
use crate::projects::insert_default_project;

const LIST: &str = select_organizations!("WHERE o.deleted_at IS NULL ORDER BY o.slug");
const FIND_BY_SLUG: &str = select_organizations!("WHERE o.slug = $1 AND o.deleted_at IS NULL");
const FIND_DELETED: &str =
    "SELECT id FROM organizations WHERE slug = $1 AND deleted_at IS NOT NULL";
const INSERT: &str = concat!(
    "INSERT INTO organizations (",
    organization_columns!([", "] [*]),
    ") VALUES (",
    organization_columns!(values),
    ")"
);

const FIND_SETTINGS: &str = "SELECT o.name, o.disabled_at, (SELECT policy FROM policies WHERE digest = o.policy) AS policy, \
    (SELECT policy FROM policies WHERE digest = o.project_policy) AS project_policy FROM organizations o \
    WHERE o.id = $1 AND o.deleted_at IS NULL";
const SET_SETTINGS: &str = "UPDATE organizations SET name = $2, disabled_at = $3, policy = $4, project_policy = $5 \
    WHERE id = $1";

#[derive(FromRow)]
struct SettingsRow {
    name: String,
    disabled_at: Option<i64>,
    policy: Option<String>,
    project_policy: Option<String>,
}

impl TryFrom<SettingsRow> for OrganizationSettings {
    type Error = RepositoryError;

    fn try_from(row: SettingsRow) -> Result<Self, RepositoryError> {
        const TABLE: &str = "organizations";
        let disabled_at = row.disabled_at.map(Timestamp::try_from).transpose();
        Ok(Self {
            name: Name::try_from(row.name).map_err(|error| damaged(TABLE, error))?,
            disabled_at: disabled_at.map_err(|error| damaged(TABLE, error))?,
            policies: OrganizationPolicies {
                public_models: policies::read(row.policy.as_deref())?,
                new_projects: policies::read(row.project_policy.as_deref())?,
            },
        })
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

    async fn find_deleted(&self, slug: &Slug) -> Result<Option<OrganizationId>, RepositoryError> {
        let rows: Vec<(String,)> = self.read(FIND_DELETED, vec![slug.as_str().into()]).await?;
        let id = rows.into_iter().next().map(|(id,)| id.try_into());
        id.transpose()
            .map_err(|error| damaged("organizations", error))
    }

    async fn settings(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<OrganizationSettings>, RepositoryError> {
        let rows: Vec<SettingsRow> = self.read(FIND_SETTINGS, vec![id.as_str().into()]).await?;
        let row = rows.into_iter().next();
        row.map(OrganizationSettings::try_from).transpose()
    }

    async fn update(
        &self,
        id: &OrganizationId,
        update: OrganizationUpdate,
        origin: Origin,
    ) -> Result<Option<OrganizationSettings>, RepositoryError> {
        let (store, id) = (self.clone(), id.clone());
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let settings = update_settings(&mut mutation, &id, update).await?;
            mutation.commit_or_repeat().await?;
            Ok(settings)
        })
        .await
    }

    async fn contents(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<OrganizationContents>, RepositoryError> {
        let rows: Vec<Counts> = self.read(CONTENTS, vec![id.as_str().into()]).await?;
        contents(&rows)
    }

    async fn delete(
        &self,
        id: &OrganizationId,
        origin: Origin,
    ) -> Result<Option<OrganizationContents>, RepositoryError> {
        let (store, id) = (self.clone(), id.clone());
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let removed = deletion::delete(&mut mutation, &id).await?;
            mutation.commit_or_repeat().await?;
            Ok(removed)
        })
        .await
    }
}

async fn update_settings<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &OrganizationId,
    update: OrganizationUpdate,
) -> Result<Option<OrganizationSettings>, RepositoryError> {
    let values = vec![id.as_str().into()];
    let rows: Vec<SettingsRow> = mutation.fetch(FIND_SETTINGS, values).await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let before = OrganizationSettings::try_from(row)?;
    let after = before.updated(update, mutation.origin().at);
    if before != after {
        let public_models = after.policies.public_models.as_deref();
        let policy = policies::insert(mutation, public_models).await?;
        let new_projects = after.policies.new_projects.as_deref();
        let project_policy = policies::insert(mutation, new_projects).await?;
        let values = vec![
            id.as_str().into(),
            after.name.as_str().into(),
            after.disabled_at.map(i64::from).into(),
            policy.as_deref().into(),
            project_policy.as_deref().into(),
        ];
        mutation.execute(SET_SETTINGS, values).await?;
        let updated = Change::OrganizationUpdated {
            id: id.clone(),
            before: OrganizationState::from(&before),
            after: OrganizationState::from(&after),
        };
        mutation.record(&updated).await?;
        if before.name != after.name {
            rename_owners(mutation, id, &before.name, &after.name).await?;
        }
    }
    Ok(Some(after))
}

/// Gives the organization's new name to its models that have the old one as their owner. The change of the organization
/// records this too, so that a rename is one event.
async fn rename_owners<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &OrganizationId,
    before: &Name,
    after: &Name,
) -> Result<(), RepositoryError> {
    const RENAME: Pieces = pieces!(
        "models",
        "scope",
        "UPDATE models SET owned_by = $5 WHERE owned_by = $4 AND"
    );
    const NOTE: &str = "UPDATE organizations SET models_revision = $2 WHERE id = $1";
    let names = [before.as_str(), after.as_str()].map(Into::into);
    RENAME.execute(mutation, id, &names).await?;
    let values = vec![id.as_str().into(), mutation.revision().0.into()];
    mutation.execute(NOTE, values).await
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
        organization.disabled_at.map(i64::from).into(),
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
