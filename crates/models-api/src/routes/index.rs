//! `/`: describes the service to a person or a program that opens its address.

use actix_web::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

const PAGE: &str = include_str!("index.html");

/// The description of the service.
#[derive(Serialize, ToSchema)]
#[schema(as = Index)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexObject {
    service: &'static str,
    version: &'static str,
    description: &'static str,
    models: &'static str,
    documentation: &'static str,
    health: &'static str,
}

const INDEX: IndexObject = IndexObject {
    service: "models",
    version: env!("CARGO_PKG_VERSION"),
    description: "The OpenAI Models API, self-hosted. This service lists, retrieves and deletes models. It does not forward \
        inference; requests for inference belong to your gateway.",
    models: "/v1/models",
    documentation: "`models-api --help`, `models-api openapi`, and the README of the source repository",
    health: "/health/live and /health/ready on the operations listener (settings `operations.host` and `operations.port`)",
};

/// Responds with a page to browsers, and with JSON to other clients.
pub(super) async fn show(request: HttpRequest) -> HttpResponse {
    let accepts = request.headers().get_all(ACCEPT);
    let is_browser = accepts
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"));
    let mut response = HttpResponse::Ok();
    response.append_header((VARY, ACCEPT.as_str()));
    if is_browser {
        response
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            ))
            .body(PAGE.replace("{version}", INDEX.version))
    } else {
        response.json(INDEX)
    }
}
