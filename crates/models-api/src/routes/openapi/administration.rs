//! The operations of the administration API in the document.

use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ArrayBuilder, ComponentsBuilder, ObjectBuilder, Ref, RefOr, Required, Type};

use super::query;
use super::reference::schema;
use crate::dialects::openai::administration::admin_api_keys::{
    AdminApiKeyObject, NewAdminApiKeyObject,
};
use crate::dialects::openai::administration::api_keys::{
    ApiKeyObject, ApiKeyUpdateObject, CreatedApiKeyObject, NewApiKeyObject,
};
use crate::dialects::openai::administration::audit_logs::AuditLogObject;
use crate::dialects::openai::administration::deleted::DeletedObject;
use crate::dialects::openai::administration::model_permissions::{
    DeletedModelPermissionsObject, ModelPermissionsObject, NewModelPermissionsObject,
};
use crate::dialects::openai::administration::projects::{
    NewProjectObject, ProjectObject, ProjectUpdateObject,
};
use crate::dialects::openai::administration::schema::one_of;
use crate::dialects::openai::administration::service_accounts::{
    CreatedServiceAccountObject, NewServiceAccountObject, ServiceAccountObject,
    ServiceAccountUpdateObject,
};
use crate::routes::table::{Administration, Resource};

/// The parts of an operation that the table does not have.
pub(super) struct Described {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: Option<&'static str>,
    /// The schema of the request's body.
    pub(super) request: Option<Ref>,
    /// The schema of the response's body.
    pub(super) response: Ref,
}

const AT_ONCE: &str = "The response is sent once all nodes enforce the change.";

/// Describes an operation.
#[rustfmt::skip]
pub(super) fn describe(operation: Administration) -> Described {
    use Administration as Op;
    let (id, summary, description, request, response) = match operation {
        Op::ListAdminApiKeys => ("listAdminApiKeys", "List the organization's admin API keys", None, None, list::<AdminApiKeyObject>()),
        Op::CreateAdminApiKey => ("createAdminApiKey", "Create an admin API key", Some("Only this response has `value`, the key itself."), Some(schema::<NewAdminApiKeyObject>()), schema::<AdminApiKeyObject>()),
        Op::RetrieveAdminApiKey => ("retrieveAdminApiKey", "Retrieve an admin API key", None, None, schema::<AdminApiKeyObject>()),
        Op::DeleteAdminApiKey => ("deleteAdminApiKey", "Revoke an admin API key", Some("Admin keys that it created stay valid."), None, schema::<DeletedObject<'_>>()),
        Op::ListAuditLogs => ("listAuditLogs", "List the changes of the organization and of its objects, the newest first", Some("`after` continues with older entries, `before` with newer ones. Each of the lists selects entries that match one of its values."), None, list::<AuditLogObject>()),
        Op::ListProjects => ("listProjects", "List the organization's projects", None, None, list::<ProjectObject>()),
        Op::CreateProject => ("createProject", "Create a project", Some("`external_key_id`, `geography` and `residency` have no effect."), Some(schema::<NewProjectObject>()), schema::<ProjectObject>()),
        Op::RetrieveProject => ("retrieveProject", "Retrieve a project", None, None, schema::<ProjectObject>()),
        Op::UpdateProject => ("updateProject", "Rename a project", Some("The default project and an archived one cannot be updated."), Some(schema::<ProjectUpdateObject>()), schema::<ProjectObject>()),
        Op::ArchiveProject => ("archiveProject", "Archive a project", Some("The service then refuses its keys. Nothing restores an archived project."), None, schema::<ProjectObject>()),
        Op::ListProjectApiKeys => ("listProjectApiKeys", "List the API keys of a project", None, None, list::<ApiKeyObject>()),
        Op::RetrieveProjectApiKey => ("retrieveProjectApiKey", "Retrieve an API key of a project", None, None, schema::<ApiKeyObject>()),
        Op::UpdateProjectApiKey => ("updateProjectApiKey", "Change the scopes or the lifetime of an API key", Some(AT_ONCE), Some(schema::<ApiKeyUpdateObject>()), schema::<ApiKeyObject>()),
        Op::DeleteProjectApiKey => ("deleteProjectApiKey", "Revoke an API key of a project", Some(AT_ONCE), None, schema::<DeletedObject<'_>>()),
        Op::ListServiceAccounts => ("listServiceAccounts", "List the service accounts of a project", None, None, list::<ServiceAccountObject>()),
        Op::CreateServiceAccount => ("createServiceAccount", "Create a service account and its first API key", Some("Only this response has the key's `value`."), Some(schema::<NewServiceAccountObject>()), schema::<CreatedServiceAccountObject>()),
        Op::RetrieveServiceAccount => ("retrieveServiceAccount", "Retrieve a service account", None, None, schema::<ServiceAccountObject>()),
        Op::UpdateServiceAccount => ("updateServiceAccount", "Change the name or the role of a service account", Some(AT_ONCE), Some(schema::<ServiceAccountUpdateObject>()), schema::<ServiceAccountObject>()),
        Op::DeleteServiceAccount => ("deleteServiceAccount", "Delete a service account and revoke its API keys", Some(AT_ONCE), None, schema::<DeletedObject<'_>>()),
        Op::CreateServiceAccountApiKey => ("createServiceAccountApiKey", "Create an API key of a service account", Some("Only this response has `value`, the key itself."), Some(schema::<NewApiKeyObject>()), schema::<CreatedApiKeyObject>()),
        Op::RetrieveModelPermissions => ("retrieveModelPermissions", "Retrieve the model permissions of a project", Some("Without any, the response is a deny list without entries."), None, schema::<ModelPermissionsObject<'_>>()),
        Op::UpdateModelPermissions => ("updateModelPermissions", "Replace the model permissions of a project", Some(AT_ONCE), Some(schema::<NewModelPermissionsObject>()), schema::<ModelPermissionsObject<'_>>()),
        Op::DeleteModelPermissions => ("deleteModelPermissions", "Remove the model permissions of a project", Some(AT_ONCE), None, schema::<DeletedModelPermissionsObject>()),
    };
    Described { id, summary, description, request, response }
}

/// Adds the schemas of all objects.
pub(super) fn add_schemas(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema_from::<AdminApiKeyObject>()
        .schema_from::<NewAdminApiKeyObject>()
        .schema_from::<ProjectObject>()
        .schema_from::<NewProjectObject>()
        .schema_from::<ProjectUpdateObject>()
        .schema_from::<ApiKeyObject>()
        .schema_from::<ApiKeyUpdateObject>()
        .schema_from::<NewApiKeyObject>()
        .schema_from::<CreatedApiKeyObject>()
        .schema_from::<ServiceAccountObject>()
        .schema_from::<NewServiceAccountObject>()
        .schema_from::<ServiceAccountUpdateObject>()
        .schema_from::<CreatedServiceAccountObject>()
        .schema_from::<ModelPermissionsObject<'_>>()
        .schema_from::<NewModelPermissionsObject>()
        .schema_from::<DeletedModelPermissionsObject>()
        .schema_from::<DeletedObject<'_>>()
        .schema_from::<AuditLogObject>()
        .schema(
            list_name::<AuditLogObject>(),
            list_schema::<AuditLogObject>(),
        )
        .schema(
            list_name::<AdminApiKeyObject>(),
            list_schema::<AdminApiKeyObject>(),
        )
        .schema(list_name::<ProjectObject>(), list_schema::<ProjectObject>())
        .schema(list_name::<ApiKeyObject>(), list_schema::<ApiKeyObject>())
        .schema(
            list_name::<ServiceAccountObject>(),
            list_schema::<ServiceAccountObject>(),
        )
}

fn list<T: ToSchema>() -> Ref {
    Ref::from_schema_name(list_name::<T>())
}

fn list_name<T: ToSchema>() -> String {
    format!("{}List", T::name())
}

fn list_schema<T: ToSchema>() -> ObjectBuilder {
    let items = ArrayBuilder::new().items(RefOr::Ref(schema::<T>()));
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    let id = || {
        ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::from_iter([
            Type::String,
            Type::Null,
        ]))
    };
    let names = ["object", "data", "first_id", "last_id", "has_more"];
    let list = ObjectBuilder::new()
        .property("object", one_of(&["list"]))
        .property("data", items)
        .property("first_id", id())
        .property("last_id", id())
        .property("has_more", boolean)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    names.into_iter().fold(list, ObjectBuilder::required)
}

/// The names of the query parameters of an operation, among the components.
pub(super) const fn query_parameters(operation: Administration) -> &'static [&'static str] {
    use Administration as Op;
    match operation {
        Op::ListAdminApiKeys => &["limit", "after", "order"],
        Op::ListAuditLogs => &query::OF_AUDIT_LOGS,
        Op::ListProjects => &["limit", "after", "include_archived"],
        Op::ListProjectApiKeys => &["limit", "after", "owner_project_access"],
        Op::ListServiceAccounts => &["limit", "after"],
        Op::CreateAdminApiKey
        | Op::RetrieveAdminApiKey
        | Op::DeleteAdminApiKey
        | Op::CreateProject
        | Op::RetrieveProject
        | Op::UpdateProject
        | Op::ArchiveProject
        | Op::RetrieveProjectApiKey
        | Op::UpdateProjectApiKey
        | Op::DeleteProjectApiKey
        | Op::CreateServiceAccount
        | Op::RetrieveServiceAccount
        | Op::UpdateServiceAccount
        | Op::DeleteServiceAccount
        | Op::CreateServiceAccountApiKey
        | Op::RetrieveModelPermissions
        | Op::UpdateModelPermissions
        | Op::DeleteModelPermissions => &[],
    }
}

/// All parameters, with their names among the components.
pub(super) fn parameters() -> Vec<(&'static str, Parameter)> {
    let mut all = query::parameters();
    for resource in Resource::ALL {
        for name in resource.id_names() {
            if all.iter().all(|(other, _)| *other != name) {
                let id = ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
                all.push((name, id.build()));
            }
        }
    }
    all
}
