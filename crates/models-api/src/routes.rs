//! The routes of the API: their [table], and the handlers.

mod freshness;
mod index;
mod models;
pub(crate) mod openapi;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod table;
mod wrong_base;

use actix_web::http::Method;
use actix_web::{HttpRequest, guard, web};

use crate::dialects::openai::error::ApiError;
use crate::routes::path::LIST;
use crate::routes::table::{Operation, ROUTES, Template, methods};

/// The handler of an operation.
fn handler(operation: Operation, method: Method) -> actix_web::Route {
    let route = web::method(method);
    match operation {
        Operation::ShowIndex => route.to(index::show),
        Operation::List | Operation::Retrieve => route.to(models::read),
        Operation::Delete => route.to(models::delete),
    }
}

/// Configures the routes of the table in an application.
pub fn configure(config: &mut web::ServiceConfig) {
    for routes in ROUTES.chunk_by(|a, b| a.template == b.template) {
        let template = routes[0].template;
        // The router compares the decoded path. An escaped form of the path, such as `/v1/%6dodels`, is another URL.
        let prefix = match template {
            Template::List | Template::Model => LIST,
            Template::Index | Template::None => "/",
        };
        let resource = web::resource(template.pattern()).guard(guard::fn_guard(move |context| {
            context.head().uri.path().starts_with(prefix)
        }));
        let resource = routes.iter().fold(resource, |resource, route| {
            resource.route(handler(route.operation, route.method.clone()))
        });
        config.service(
            resource.default_service(web::to(move |request: HttpRequest| {
                let error = method_not_allowed(&request, methods(routes));
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
    ApiError::MethodNotAllowed {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        allow,
    }
}

pub(crate) fn unknown_url(request: &HttpRequest) -> ApiError {
    let path = request.uri().path();
    ApiError::UnknownUrl {
        method: request.method().to_string(),
        path: path.to_owned(),
        hint: wrong_base::hint(path),
    }
}
