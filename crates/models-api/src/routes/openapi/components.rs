//! The parts of the document that several routes refer to.

use utoipa::ToSchema;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ArrayBuilder, Components, ComponentsBuilder, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref,
    RefOr, ResponseBuilder, Type,
};

use super::parameters;
use crate::dialects::openai::error::Envelope;
use crate::dialects::openai::objects::{DeletedModelObject, ModelObject};
use crate::routes::index::IndexObject;

/// The name of the way in which a key is sent.
pub(super) const KEY: &str = "key";
/// The name of the list's schema.
pub(super) const LIST: &str = "ListModelsResponse";
/// The name of the response to a request that failed.
pub(super) const ERROR: &str = "Error";
/// The name of the response to a client that has the representation already.
pub(super) const NOT_MODIFIED: &str = "NotModified";
/// The name of the header that says how new a response is.
pub(super) const REVISION: &str = "revision";
/// The name of the header with a representation's validator.
pub(super) const ETAG: &str = "etag";

/// A reference to the schema of this type.
pub(super) fn schema<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}

/// A reference to the header with this name among the components.
pub(super) fn header(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

pub(super) fn components() -> Components {
    let components = ComponentsBuilder::new()
        .schema_from::<ModelObject<'_>>()
        .schema_from::<DeletedModelObject<'_>>()
        .schema_from::<Envelope<'_>>()
        .schema_from::<IndexObject>()
        .schema(LIST, list())
        .response(ERROR, error())
        .response(
            NOT_MODIFIED,
            ResponseBuilder::new()
                .description("The client has it already")
                .header_ref("ETag", header(ETAG)),
        )
        .header(
            REVISION,
            text_header(
                "A token of the newest change that the response knows of. Its only use is to be sent back as \
                 `X-Models-Min-Revision`.",
            )
            .build(),
        )
        .header(
            ETAG,
            text_header("A strong validator, made from the content alone.").build(),
        )
        .security_scheme(KEY, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    parameters::all()
        .into_iter()
        .fold(components, |components, (name, parameter)| {
            components.parameter(name, parameter)
        })
        .build()
}

/// A list is rendered from parts, so no type has its fields.
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
    let id = text_header("What the log calls the request.");
    ResponseBuilder::new()
        .description("OpenAI's error envelope")
        .header("x-request-id", id.build())
        .content("application/json", body.build())
}

fn text_header(description: &str) -> HeaderBuilder {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
}
