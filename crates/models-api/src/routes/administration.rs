//! `/v1/organization`: the handlers of the administration API.

mod admin_api_keys;
mod api_keys;
mod audit_logs;
mod model_permissions;
mod projects;
mod query;
pub(crate) mod repositories;
mod request;
mod service_accounts;

use actix_web::Route;

use crate::routes::table::Administration;

/// Returns this route with the handler of the operation.
pub(super) fn handler(operation: Administration, route: Route) -> Route {
    match operation {
        Administration::ListAdminApiKeys => route.to(admin_api_keys::list),
        Administration::CreateAdminApiKey => route.to(admin_api_keys::create),
        Administration::RetrieveAdminApiKey => route.to(admin_api_keys::retrieve),
        Administration::DeleteAdminApiKey => route.to(admin_api_keys::delete),
        Administration::ListAuditLogs => route.to(audit_logs::list),
        Administration::ListProjects => route.to(projects::list),
        Administration::CreateProject => route.to(projects::create),
        Administration::RetrieveProject => route.to(projects::retrieve),
        Administration::UpdateProject => route.to(projects::update),
        Administration::ArchiveProject => route.to(projects::archive),
        Administration::ListProjectApiKeys => route.to(api_keys::list),
        Administration::RetrieveProjectApiKey => route.to(api_keys::retrieve),
        Administration::UpdateProjectApiKey => route.to(api_keys::update),
        Administration::DeleteProjectApiKey => route.to(api_keys::delete),
        Administration::ListServiceAccounts => route.to(service_accounts::list),
        Administration::CreateServiceAccount => route.to(service_accounts::create),
        Administration::RetrieveServiceAccount => route.to(service_accounts::retrieve),
        Administration::UpdateServiceAccount => route.to(service_accounts::update),
        Administration::DeleteServiceAccount => route.to(service_accounts::delete),
        Administration::CreateServiceAccountApiKey => route.to(service_accounts::create_key),
        Administration::RetrieveModelPermissions => route.to(model_permissions::retrieve),
        Administration::UpdateModelPermissions => route.to(model_permissions::update),
        Administration::DeleteModelPermissions => route.to(model_permissions::delete),
    }
}
