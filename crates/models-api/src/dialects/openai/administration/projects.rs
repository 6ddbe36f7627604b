//! Projects.

use models_core::{Entered, Name, Project, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{self, Body, FromBody};
use super::list::Identified;
use super::schema;
use crate::dialects::openai::error::ApiError;

/// A project. The service has neither external keys nor regions, so `external_key_id` and `residency` are constant.
#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectObject {
    id: String,
    #[schema(schema_with = schema::project)]
    object: &'static str,
    name: String,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(required, value_type = Option<i64>)]
    archived_at: Option<u32>,
    #[schema(schema_with = schema::project_status)]
    status: &'static str,
    #[schema(required)]
    external_key_id: Option<String>,
    #[schema(schema_with = schema::residency)]
    residency: &'static str,
}

impl From<Project> for ProjectObject {
    fn from(project: Project) -> Self {
        let is_archived = project.archived_at.is_some();
        Self {
            id: project.id.to_string(),
            object: "organization.project",
            name: project.name.to_string(),
            created_at: project.created_at.seconds(),
            archived_at: project.archived_at.map(Timestamp::seconds),
            status: if is_archived { "archived" } else { "active" },
            external_key_id: None,
            residency: "GLOBAL",
        }
    }
}

impl Identified for ProjectObject {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The project to create. Only the name has an effect.
#[derive(ToSchema)]
#[schema(as = CreateProject)]
pub(crate) struct NewProjectObject {
    name: String,
    #[expect(dead_code, reason = "OpenAI's field, which has no effect here")]
    external_key_id: Option<String>,
    #[expect(dead_code, reason = "OpenAI's field, which has no effect here")]
    geography: Option<String>,
    #[expect(dead_code, reason = "OpenAI's field, which has no effect here")]
    residency: Option<String>,
}

impl FromBody for NewProjectObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.required("name")?,
            external_key_id: body.nullable("external_key_id")?,
            geography: body.nullable("geography")?,
            residency: body.nullable("residency")?,
        })
    }
}

impl NewProjectObject {
    pub(crate) fn name(&self) -> Result<Entered<Name>, ApiError> {
        body::display_name(&self.name)
    }
}

/// The change of a project. Only the name has an effect.
#[derive(ToSchema)]
#[schema(as = UpdateProject)]
pub(crate) struct ProjectUpdateObject {
    name: Option<String>,
    #[expect(dead_code, reason = "OpenAI's field, which has no effect here")]
    external_key_id: Option<String>,
    #[expect(dead_code, reason = "OpenAI's field, which has no effect here")]
    geography: Option<String>,
}

impl FromBody for ProjectUpdateObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.nullable("name")?,
            external_key_id: body.nullable("external_key_id")?,
            geography: body.nullable("geography")?,
        })
    }
}

impl ProjectUpdateObject {
    pub(crate) fn name(&self) -> Result<Option<Entered<Name>>, ApiError> {
        self.name.as_deref().map(body::display_name).transpose()
    }
}
