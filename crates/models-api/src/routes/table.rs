//! The table of routes. The router, `Allow`, CORS, metrics, access and the fast path derive from it. The service has no
//! route outside the table.

mod operation;
mod resource;
mod template;

pub use self::operation::{Administration, Operation};
pub use self::resource::Resource;
pub use self::template::Template;

use actix_web::http::Method;
use models_core::Permission;

/// The callers that may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// All callers, without a key.
    Public,
    /// Keys with this permission.
    Key(Permission),
    /// Admin API keys.
    Admin,
}

/// The treatment of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPolicy {
    /// No handler reads the body. The server receives and drops a body of at most `limits.body_kib` KiB, and refuses a
    /// larger one. It closes the connection after a body without an announced length.
    None,
    /// The handler reads the body as JSON. The server refuses a body of more bytes than this.
    Json(u64),
    /// The handler reads the body piece by piece. The server refuses a body of more bytes than this.
    Streamed(u64),
}

/// The longest body with a few fields, in bytes. It fits 100 scopes of 256 bytes with every character escaped.
const SHORT: BodyPolicy = BodyPolicy::Json(192 << 10);
/// The longest body with a policy, in bytes. It fits 10,000 entries of 256 bytes with every character escaped that is not
/// ASCII.
const POLICY: BodyPolicy = BodyPolicy::Json(8 << 20);

/// A method of a path.
#[derive(Debug)]
pub struct Route {
    /// The path.
    pub template: Template,
    /// The method.
    pub method: Method,
    /// The operation.
    pub operation: Operation,
    /// The callers that may use the route.
    pub access: Access,
    /// The treatment of a request's body.
    pub body: BodyPolicy,
    /// Whether the fast path can serve the route from memory, without the router.
    pub is_in_memory: bool,
}

impl Route {
    /// Finds the route of this method and path.
    pub(crate) fn find(method: &Method, template: Template) -> Option<&'static Self> {
        ROUTES
            .iter()
            .find(|route| route.template == template && route.method == *method)
    }
}

const fn read(template: Template, method: Method, operation: Operation) -> Route {
    Route {
        template,
        method,
        operation,
        access: Access::Key(Permission::ReadModels),
        body: BodyPolicy::None,
        is_in_memory: true,
    }
}

const fn write(template: Template, operation: Operation) -> Route {
    Route {
        template,
        method: Method::POST,
        operation,
        access: Access::Key(Permission::WriteModels),
        body: SHORT,
        is_in_memory: false,
    }
}

const fn index(method: Method) -> Route {
    Route {
        template: Template::Index,
        method,
        operation: Operation::ShowIndex,
        access: Access::Public,
        body: BodyPolicy::None,
        is_in_memory: false,
    }
}

const fn administer(
    resource: Resource,
    method: Method,
    operation: Administration,
    body: BodyPolicy,
) -> Route {
    Route {
        template: Template::Administration(resource),
        method,
        operation: Operation::Administer(operation),
        access: Access::Admin,
        body,
        is_in_memory: false,
    }
}

use BodyPolicy::None as NONE;

/// All routes. The routes of a path are adjacent.
#[rustfmt::skip]
pub static ROUTES: [Route; 32] = [
    read(Template::List, Method::GET, Operation::List),
    read(Template::List, Method::HEAD, Operation::List),
    write(Template::List, Operation::Register),
    read(Template::Model, Method::GET, Operation::Retrieve),
    read(Template::Model, Method::HEAD, Operation::Retrieve),
    write(Template::Model, Operation::Update),
    Route {
        template: Template::Model,
        method: Method::DELETE,
        operation: Operation::Delete,
        access: Access::Key(Permission::Delete),
        body: BodyPolicy::None,
        is_in_memory: false,
    },
    index(Method::GET),
    index(Method::HEAD),
    administer(Resource::AdminApiKeys,          Method::GET,    Administration::ListAdminApiKeys,           NONE),
    administer(Resource::AdminApiKeys,          Method::POST,   Administration::CreateAdminApiKey,          SHORT),
    administer(Resource::AdminApiKey,           Method::GET,    Administration::RetrieveAdminApiKey,        NONE),
    administer(Resource::AdminApiKey,           Method::DELETE, Administration::DeleteAdminApiKey,          NONE),
    administer(Resource::AuditLogs,             Method::GET,    Administration::ListAuditLogs,              NONE),
    administer(Resource::Projects,              Method::GET,    Administration::ListProjects,               NONE),
    administer(Resource::Projects,              Method::POST,   Administration::CreateProject,              SHORT),
    administer(Resource::Project,               Method::GET,    Administration::RetrieveProject,            NONE),
    administer(Resource::Project,               Method::POST,   Administration::UpdateProject,              SHORT),
    administer(Resource::ProjectArchive,        Method::POST,   Administration::ArchiveProject,             NONE),
    administer(Resource::ProjectApiKeys,        Method::GET,    Administration::ListProjectApiKeys,         NONE),
    administer(Resource::ProjectApiKey,         Method::GET,    Administration::RetrieveProjectApiKey,      NONE),
    administer(Resource::ProjectApiKey,         Method::POST,   Administration::UpdateProjectApiKey,        SHORT),
    administer(Resource::ProjectApiKey,         Method::DELETE, Administration::DeleteProjectApiKey,        NONE),
    administer(Resource::ServiceAccounts,       Method::GET,    Administration::ListServiceAccounts,        NONE),
    administer(Resource::ServiceAccounts,       Method::POST,   Administration::CreateServiceAccount,       SHORT),
    administer(Resource::ServiceAccount,        Method::GET,    Administration::RetrieveServiceAccount,     NONE),
    administer(Resource::ServiceAccount,        Method::POST,   Administration::UpdateServiceAccount,       SHORT),
    administer(Resource::ServiceAccount,        Method::DELETE, Administration::DeleteServiceAccount,       NONE),
    administer(Resource::ServiceAccountApiKeys, Method::POST,   Administration::CreateServiceAccountApiKey, SHORT),
    administer(Resource::ModelPermissions,      Method::GET,    Administration::RetrieveModelPermissions,   NONE),
    administer(Resource::ModelPermissions,      Method::POST,   Administration::UpdateModelPermissions,     POLICY),
    administer(Resource::ModelPermissions,      Method::DELETE, Administration::DeleteModelPermissions,     NONE),
];

/// The routes of a service with or without the administration API.
pub(crate) fn served(administration: bool) -> impl Iterator<Item = &'static Route> {
    let is_served = move |route: &&Route| administration || route.access != Access::Admin;
    ROUTES.iter().filter(is_served)
}

/// Returns the methods of these routes for `Allow` and for CORS.
pub(crate) fn methods<'a>(routes: impl IntoIterator<Item = &'a Route>) -> String {
    let mut methods: Vec<&str> = vec![];
    for route in routes {
        if !methods.contains(&route.method.as_str()) {
            methods.push(route.method.as_str());
        }
    }
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_administration_there_is_no_route_for_admin_keys() {
        assert_eq!(served(true).count(), ROUTES.len());
        assert_eq!(served(false).count(), 9);
        assert!(served(false).all(|route| route.access != Access::Admin));
    }

    #[test]
    fn each_method_of_a_path_is_in_the_table_once() {
        for route in &ROUTES {
            let found = Route::find(&route.method, route.template).unwrap();
            assert!(std::ptr::eq(found, route), "{route:?}");
        }
        assert!(Route::find(&Method::PUT, Template::List).is_none());
        assert!(Route::find(&Method::GET, Template::None).is_none());
        assert_eq!(methods(served(false)), "GET, HEAD, POST, DELETE");
        assert_eq!(methods(served(true)), "GET, HEAD, POST, DELETE");
    }
}
