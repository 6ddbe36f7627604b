//! What requests of a path may or must have beside the key.

use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Ref, Required, Type};

use crate::routes::table::Template;

const MODEL: &str = "model";
const MINIMUM_REVISION: &str = "minimumRevision";
const IF_NONE_MATCH: &str = "ifNoneMatch";

/// The parameters of this path's routes.
pub(super) fn of(template: Template) -> Option<Vec<Ref>> {
    let names: &[&str] = match template {
        Template::Index | Template::None => return None,
        Template::List => &[MINIMUM_REVISION, IF_NONE_MATCH],
        Template::Model => &[MODEL, MINIMUM_REVISION, IF_NONE_MATCH],
    };
    let reference = |name| Ref::new(format!("#/components/parameters/{name}"));
    Some(names.iter().map(reference).collect())
}

/// All parameters, by the names that references have for them.
pub(super) fn all() -> [(&'static str, Parameter); 3] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let id = text().min_length(Some(1)).max_length(Some(256));
    let model = ParameterBuilder::new()
        .name("model")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(
            "The model's id: everything after `/v1/models/`, percent-decoded once. Slashes may be sent raw or as %2F.",
        ))
        .schema(Some(id))
        .example(Some(json!("meta-llama%2FLlama-3-8B")));
    let header = |name: &str, description: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(text()))
            .build()
    };
    let minimum_revision = header(
        "X-Models-Min-Revision",
        "The `x-models-revision` of an earlier response. This response will be at least as new.",
    );
    let if_none_match = header("If-None-Match", "Validators that the client has already.");
    [
        (MODEL, model.build()),
        (MINIMUM_REVISION, minimum_revision),
        (IF_NONE_MATCH, if_none_match),
    ]
}
