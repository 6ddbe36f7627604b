//! The routes of the API: their [table], and the handlers.

pub(crate) mod administration;
pub(crate) mod authorize;
mod freshness;
mod index;
mod models;
pub(crate) mod openapi;
pub(crate) mod path;
pub(crate) mod read;
mod registration;
pub(crate) mod table;
mod wrong_base;

use actix_web::http::Method;
use actix_web::{HttpRequest, guard, web};

use crate::dialects::openai::error::ApiError;
use crate::routes::table::{Operation, Route, Template, methods, served};

/// The handler of an operation.
fn handler(operation: Operation, method: Method) -> actix_web::Route {
    let route = web::method(method);
    match operation {
        Operation::ShowIndex => route.to(index::show),
        Operation::List | Operation::Retrieve => route.to(models::read),
        Operation::Register => route.to(registration::register),
        Operation::Update => route.to(registration::update),
        Operation::Delete => route.to(models::delete),
        Operation::Administer(operation) => administration::handler(operation, route),
    }
}

/// Configures the routes of the table in an application with or without the administration API.
pub fn configure(config: &mut web::ServiceConfig, administration: bool) {
    let routes: Vec<&'static Route> = served(administration).collect();
    for routes in routes.chunk_by(|a, b| a.template == b.template) {
        let template = routes[0].template;
        // The router compares the decoded path. An escaped form of the path, such as `/v1/%6dodels`, is another URL.
        let resource = web::resource(template.pattern()).guard(guard::fn_guard(move |context| {
            Template::of(context.head().uri.path()) == template
        }));
        let resource = routes.iter().fold(resource, |resource, route| {
            resource.route(handler(route.operation, route.method.clone()))
        });
        let allow = methods(routes.iter().copied());
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
