//! The operation of a route in the document.

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{self, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, Ref, Response, ResponseBuilder, Responses, ResponsesBuilder,
    Type,
};

use super::administration::describe;
use super::components::{
    ADMIN_KEY, ERROR, ETAG, LIST, NOT_MODIFIED, REVISION, header, text_header,
};
use super::parameters;
use super::reference::schema;
use crate::dialects::openai::objects::{DeletedModelObject, ModelObject};
use crate::dialects::openai::registration::{FieldsObject, NewModelObject};
use crate::routes::index::IndexObject;
use crate::routes::table::{Access, BodyPolicy, Operation, Route, Template};

/// The errors of every route: malformed heads and bodies, and failures of the service.
const FAILURES: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// Returns the operation of a route.
pub(super) fn operation(route: &Route) -> path::Operation {
    let is_head = route.method == Method::HEAD;
    let operation = OperationBuilder::new().operation_id(Some(id(route.operation, is_head)));
    let operation = if is_head {
        let as_get = ResponsesBuilder::new().response("default", Response::new("As GET"));
        operation
            .summary(Some("The response of GET, without its body"))
            .responses(as_get.build())
    } else {
        operation
            .summary(Some(summary(route.operation)))
            .description(description(route.operation))
            .responses(responses(route))
    };
    let operation = parameters::of_route(route).fold(operation, OperationBuilder::parameter_ref);
    let operation = match route.access {
        Access::Public => operation.securities(Some([] as [SecurityRequirement; 0])),
        // The document's own security requirement applies.
        Access::Key(_) => operation,
        Access::Admin => {
            let key = SecurityRequirement::new(ADMIN_KEY, [""; 0]);
            operation.securities(Some([key]))
        }
    };
    match (route.body, route.operation) {
        (BodyPolicy::Json(_), Operation::Administer(administration)) => operation
            .request_body(describe(administration).request.map(request))
            .build(),
        (BodyPolicy::Json(_), Operation::Register) => operation
            .request_body(Some(request(schema::<NewModelObject>())))
            .build(),
        (BodyPolicy::Json(_), Operation::Update) => operation
            .request_body(Some(request(schema::<FieldsObject>())))
            .build(),
        (BodyPolicy::None | BodyPolicy::Json(_) | BodyPolicy::Streamed(_), _) => operation.build(),
    }
}

fn id(operation: Operation, is_head: bool) -> &'static str {
    match (operation, is_head) {
        (Operation::ShowIndex, false) => "showIndex",
        (Operation::ShowIndex, true) => "headIndex",
        (Operation::List, false) => "listModels",
        (Operation::List, true) => "headModels",
        (Operation::Retrieve, false) => "retrieveModel",
        (Operation::Retrieve, true) => "headModel",
        (Operation::Register, _) => "registerModel",
        (Operation::Update, _) => "updateModel",
        (Operation::Delete, _) => "deleteModel",
        (Operation::Administer(administration), _) => describe(administration).id,
    }
}

fn summary(operation: Operation) -> &'static str {
    match operation {
        Operation::ShowIndex => "Describe this service",
        Operation::List => "List the models that the key may see",
        Operation::Retrieve => "Retrieve a model",
        Operation::Register => "Register a model of the key's own organization",
        Operation::Update => "Update a model of the key's own organization",
        Operation::Delete => "Delete a fine-tuned model of the key's own organization",
        Operation::Administer(administration) => describe(administration).summary,
    }
}

fn description(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::ShowIndex => Some("JSON, or a page if `Accept` names `text/html`."),
        Operation::List => Some(
            "The whole list, sorted by `created` and then by id. Unknown query parameters are ignored.",
        ),
        Operation::Retrieve => None,
        Operation::Register => Some(
            "The key must have the permission `api.model.write`. The same request again changes nothing. A retry \
             (`x-stainless-retry-count` above 0) that asks for a new id has the same response as a request that the same key made \
             within the last minute.",
        ),
        Operation::Update => Some(
            "The key must have the permission `api.model.write`. Fields that the body does not name stay as they are. `If-Match` \
             may hold the model's validator.",
        ),
        Operation::Delete => Some(
            "The key must have the permission `api.delete`. A retry (`x-stainless-retry-count` above 0) of a deletion that the same \
             key made within the last minute has the same response.",
        ),
        Operation::Administer(administration) => describe(administration).description,
    }
}

fn responses(route: &Route) -> Responses {
    let mut responses = ResponsesBuilder::new().response("200", success(route.operation));
    if route.is_in_memory {
        responses = responses.response("304", Ref::from_response_name(NOT_MODIFIED));
    }
    let failures = FAILURES.into_iter().chain(refusals(route));
    failures
        .fold(responses, |responses, status| {
            responses.response(status.as_str(), Ref::from_response_name(ERROR))
        })
        .build()
}

/// The errors that depend on the key and on the resource.
fn refusals(route: &Route) -> impl Iterator<Item = StatusCode> {
    let needs_key = route.access != Access::Public;
    let registers = route.operation == Operation::Register;
    let has_id = match route.template {
        Template::Model => true,
        Template::Administration(resource) => resource.id_names().next().is_some(),
        Template::Index
        | Template::List
        | Template::Authorize
        | Template::AuthorizedModels
        | Template::None => false,
    };
    [
        (needs_key, StatusCode::UNAUTHORIZED),
        (needs_key, StatusCode::TOO_MANY_REQUESTS),
        (needs_key, StatusCode::FORBIDDEN),
        (has_id || registers, StatusCode::NOT_FOUND),
        (registers, StatusCode::CONFLICT),
        (
            route.operation == Operation::Update,
            StatusCode::PRECONDITION_FAILED,
        ),
    ]
    .into_iter()
    .filter_map(|(is_possible, status)| is_possible.then_some(status))
}

fn success(operation: Operation) -> ResponseBuilder {
    let response = ResponseBuilder::new();
    match operation {
        Operation::ShowIndex => {
            let page = ObjectBuilder::new().schema_type(Type::String);
            let page = ContentBuilder::new().schema(Some(page)).build();
            json(response, schema::<IndexObject>())
                .description(
                    "The service, its version, and the places of its models, documentation and health checks",
                )
                .content("text/html", page)
        }
        Operation::List => read(response, Ref::from_schema_name(LIST)).description("The list"),
        Operation::Retrieve => read(response, schema::<ModelObject<'_>>()).description("The model"),
        Operation::Register | Operation::Update => read(response, schema::<ModelObject<'_>>())
            .description("The model")
            .header("Location", text_header("The path of the model.").build()),
        Operation::Delete => json(response, schema::<DeletedModelObject<'_>>())
            .description("The model is deleted")
            .header_ref("x-models-revision", header(REVISION)),
        Operation::Administer(administration) => {
            let response =
                json(response, describe(administration).response).description("The object");
            if administration.changes() {
                response.header_ref("x-models-revision", header(REVISION))
            } else {
                response
            }
        }
    }
}

fn request(body: Ref) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(body));
    RequestBodyBuilder::new()
        .content("application/json", content.build())
        .build()
}

fn read(response: ResponseBuilder, body: Ref) -> ResponseBuilder {
    json(response, body)
        .header_ref("x-models-revision", header(REVISION))
        .header_ref("ETag", header(ETAG))
}

fn json(response: ResponseBuilder, body: Ref) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(body));
    response.content("application/json", content.build())
}
