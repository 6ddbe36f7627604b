//! Every route that there is. What is not in the table is not served.

mod index;
mod models;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod template;
mod wrong_base;

use actix_web::http::Method;
use actix_web::{HttpRequest, Route, guard, web};

use crate::dialects::openai::error::ApiError;
use crate::routes::path::LIST;

/// A method of a path, and what answers it.
pub struct Endpoint {
    /// The path, as actix-web's router has it.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    route: fn() -> Route,
}

/// What this service is.
const INDEX: &str = "/";
/// The model id is the rest of the path, slashes and all; [`crate::routes::path`] reads it.
const ONE: &str = "/v1/models/{id:.+}";

/// All endpoints, those of a path beside each other.
#[rustfmt::skip]
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: INDEX, method: Method::GET,   route: || web::get().to(index::show) },
    Endpoint { path: INDEX, method: Method::HEAD,  route: || web::head().to(index::show) },
    Endpoint { path: LIST, method: Method::GET,    route: || web::get().to(models::read) },
    Endpoint { path: LIST, method: Method::HEAD,   route: || web::head().to(models::read) },
    Endpoint { path: ONE,  method: Method::GET,    route: || web::get().to(models::read) },
    Endpoint { path: ONE,  method: Method::HEAD,   route: || web::head().to(models::read) },
    Endpoint { path: ONE,  method: Method::DELETE, route: || web::delete().to(models::delete) },
];

/// Puts the table into an application.
pub fn configure(config: &mut web::ServiceConfig) {
    for endpoints in ENDPOINTS.chunk_by(|a, b| a.path == b.path) {
        let allow: Vec<&str> = endpoints
            .iter()
            .map(|endpoint| endpoint.method.as_str())
            .collect();
        let allow = allow.join(", ");
        let path = endpoints[0].path;
        // The router compares the decoded path. A path that is escaped in another way is another URL.
        let prefix = if path == INDEX { INDEX } else { LIST };
        let resource = web::resource(path).guard(guard::fn_guard(move |context| {
            context.head().uri.path().starts_with(prefix)
        }));
        let resource = endpoints.iter().fold(resource, |resource, endpoint| {
            resource.route((endpoint.route)())
        });
        config.service(
            resource.default_service(web::to(move |request: HttpRequest| {
                let error = method_not_allowed(&request, allow.clone());
                async move { Err::<&str, _>(error) }
            })),
        );
    }
    config.default_service(web::to(|request: HttpRequest| {
        let error = unknown_url(&request);
        async move { Err::<&str, _>(error) }
    }));
}

fn method_not_allowed(request: &HttpRequest, allow: String) -> ApiError {
    ApiError::MethodNotAllowed(
        request.method().to_string(),
        request.uri().path().to_owned(),
        allow,
    )
}

pub(crate) fn unknown_url(request: &HttpRequest) -> ApiError {
    let path = request.uri().path();
    ApiError::UnknownUrl(
        request.method().to_string(),
        path.to_owned(),
        wrong_base::hint(path),
    )
}
