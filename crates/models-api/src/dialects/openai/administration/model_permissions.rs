//! The model permissions of projects.

use models_core::{Policy, PolicyEntry, PolicyMode};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{self, Body, FromBody};
use super::schema;
use crate::dialects::openai::error::ApiError;

/// The model permissions of a project. Without any, all models are allowed: a deny list without entries.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelPermissions)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelPermissionsObject<'a> {
    #[schema(schema_with = schema::model_permissions)]
    object: &'static str,
    #[schema(schema_with = schema::mode)]
    mode: &'static str,
    /// Ids of models, and patterns in which `*` is any text; sorted, the ids first.
    model_ids: Vec<&'a str>,
}

impl<'a> From<Option<&'a Policy>> for ModelPermissionsObject<'a> {
    fn from(policy: Option<&'a Policy>) -> Self {
        let mode = policy.map_or(PolicyMode::DenyList, Policy::mode);
        Self {
            object: "project.model_permissions",
            mode: mode.as_str(),
            model_ids: policy.into_iter().flat_map(Policy::entries).collect(),
        }
    }
}

/// The confirmation that the model permissions of a project are removed.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedModelPermissions)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedModelPermissionsObject {
    #[schema(schema_with = schema::deleted_model_permissions)]
    object: &'static str,
    #[schema(schema_with = schema::always)]
    deleted: bool,
}

impl Default for DeletedModelPermissionsObject {
    fn default() -> Self {
        Self {
            object: "project.model_permissions.deleted",
            deleted: true,
        }
    }
}

/// The model permissions to set. They replace all earlier ones.
#[derive(ToSchema)]
#[schema(as = UpdateModelPermissions)]
pub(crate) struct NewModelPermissionsObject {
    #[schema(schema_with = schema::mode)]
    mode: String,
    /// At most 10,000 ids of models, and patterns in which `*` is any text.
    #[schema(max_items = 10_000)]
    model_ids: Vec<String>,
}

impl FromBody for NewModelPermissionsObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            mode: body.required("mode")?,
            model_ids: body.required("model_ids")?,
        })
    }
}

impl NewModelPermissionsObject {
    pub(crate) fn policy(self) -> Result<Policy, ApiError> {
        let mode = self.mode.parse();
        let mode = mode.map_err(|error| body::refused("mode", &error))?;
        let entries = self.model_ids.into_iter().enumerate();
        let entries = entries.map(|(place, text)| {
            let entry = PolicyEntry::try_from(text);
            entry.map_err(|error| body::refused(format!("model_ids[{place}]"), &error))
        });
        let entries = entries.collect::<Result<_, _>>()?;
        Policy::new(mode, entries).map_err(|error| body::refused("model_ids", &error))
    }
}
