//! The OpenAPI document, generated from the table of routes and the types of responses.

mod administration;
mod components;
mod operation;
mod parameters;
mod query;
mod reference;

use actix_web::http::Method;
use utoipa::openapi::path::PathItemBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Paths, PathsBuilder, Server,
};

use crate::routes::table::ROUTES;

const LICENSE: &str = env!("CARGO_PKG_LICENSE");

/// Returns the OpenAPI document.
pub(crate) fn document() -> OpenApi {
    let license = LicenseBuilder::new()
        .name(LICENSE)
        .identifier(Some(LICENSE));
    let info = InfoBuilder::new()
        .title("models")
        .description(Some("The OpenAI Models API, self-hosted"))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license.build()));
    let key = SecurityRequirement::new(components::KEY, [""; 0]);
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([Server::new("/")]))
        .security(Some([key]))
        .paths(paths())
        .components(Some(components::components()))
        .build()
}

fn paths() -> Paths {
    let of_a_path = ROUTES.chunk_by(|a, b| a.template == b.template);
    of_a_path
        .fold(PathsBuilder::new(), |paths, routes| {
            let template = routes[0].template;
            let item = PathItemBuilder::new().parameter_refs(parameters::of_path(template));
            let item = routes.iter().fold(item, |item, route| {
                item.operation(method(&route.method), operation::operation(route))
            });
            paths.path(template.path(), item.build())
        })
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::GET => HttpMethod::Get,
        Method::HEAD => HttpMethod::Head,
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        _ => unreachable!("the table of routes has no {method}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_in_the_repository_equals_the_generated_one() {
        let printed = document().to_pretty_json().unwrap() + "\n";
        assert!(
            printed == include_str!("../../openapi.json"),
            "run `cargo run --quiet -- openapi > crates/models-api/openapi.json`"
        );
    }

    #[test]
    fn only_reads_have_the_parameters_of_reads() {
        let document = serde_json::to_value(document()).unwrap();
        for route in &ROUTES {
            let item = &document["paths"][route.template.path()];
            let operation = &item[route.method.as_str().to_lowercase()];
            let of = |part: &Value| part["parameters"].to_string();
            for name in ["minimumRevision", "ifNoneMatch"] {
                let reference = format!("#/components/parameters/{name}");
                let is_named = of(operation).contains(&reference) || of(item).contains(&reference);
                assert_eq!(is_named, route.is_in_memory, "{name} of {route:?}");
            }
        }
    }
}
