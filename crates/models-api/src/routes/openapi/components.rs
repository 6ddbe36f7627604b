//! The components of the document, which several routes reference.

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ArrayBuilder, Components, ComponentsBuilder, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref,
    RefOr, ResponseBuilder, Type,
};

use super::reference::schema;
use super::{administration, parameters};
use crate::dialects::openai::error::Envelope;
use crate::dialects::openai::objects::{DeletedModelObject, ModelObject};
use crate::dialects::openai::registration::{FieldsObject, NewModelObject};
use crate::routes::index::IndexObject;

/// The name of the security scheme of admin keys.
pub(super) const ADMIN_KEY: &str = "adminKey";
/// The name of the security scheme of the other keys.
pub(super) const KEY: &str = "key";
/// The name of the list's schema.
pub(super) const LIST: &str = "ListModelsResponse";
/// The name of the error response.
pub(super) const ERROR: &str = "Error";
/// The name of the response 304.
pub(super) const NOT_MODIFIED: &str = "NotModified";
/// The name of the header with the revision token.
pub(super) const REVISION: &str = "revision";
/// The name of the header with the validator.
pub(super) const ETAG: &str = "etag";

/// A reference to the header with this name among the components.
pub(super) fn header(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

pub(super) fn components() -> Components {
    let components = ComponentsBuilder::new()
        .schema_from::<ModelObject<'_>>()
        .schema_from::<DeletedModelObject<'_>>()
        .schema_from::<NewModelObject>()
        .schema_from::<FieldsObject>()
        .schema_from::<Envelope<'_>>()
        .schema_from::<IndexObject>()
        .schema(LIST, list())
        .response(ERROR, error())
        .response(
            NOT_MODIFIED,
            ResponseBuilder::new()
                .description("The client already has this representation")
                .header_ref("ETag", header(ETAG)),
        )
        .header(
            REVISION,
            text_header(
                "A token of the newest revision that the response includes. Clients send it back as \
                 `X-Models-Min-Revision`.",
            )
            .build(),
        )
        .header(
            ETAG,
            text_header("A strong validator, made from the content alone.").build(),
        )
        .security_scheme(KEY, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme(
            ADMIN_KEY,
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    let components = administration::add_schemas(components);
    parameters::all()
        .into_iter()
        .fold(components, |components, (name, parameter)| {
            components.parameter(name, parameter)
        })
        .build()
}

/// The schema of a list. No type has its fields, because lists are composed of rendered parts.
fn list() -> ObjectBuilder {
    let kind = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["list"]));
    let models = ArrayBuilder::new().items(RefOr::Ref(schema::<ModelObject<'_>>()));
    ObjectBuilder::new()
        .property("object", kind)
        .required("object")
        .property("data", models)
        .required("data")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn error() -> ResponseBuilder {
    let body = ContentBuilder::new().schema(Some(schema::<Envelope<'_>>()));
    let id = text_header("The id of the request in the log.");
    ResponseBuilder::new()
        .description("OpenAI's error envelope")
        .header("x-request-id", id.build())
        .content("application/json", body.build())
}

pub(super) fn text_header(description: &str) -> HeaderBuilder {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
}
