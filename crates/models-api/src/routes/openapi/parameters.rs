//! The parameters of requests.

use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Ref, Required, Type};

use super::administration;
use crate::routes::table::{Operation, Route, Template};

const MODEL: &str = "model";
const MINIMUM_REVISION: &str = "minimumRevision";
const IF_NONE_MATCH: &str = "ifNoneMatch";

/// Returns the parameters of all routes of this path.
pub(super) fn of_path(template: Template) -> Option<Vec<Ref>> {
    match template {
        Template::Index
        | Template::List
        | Template::Authorize
        | Template::AuthorizedModels
        | Template::None => None,
        Template::Model => Some(vec![reference(MODEL)]),
        Template::Administration(resource) => {
            let ids: Vec<_> = resource.id_names().map(reference).collect();
            (!ids.is_empty()).then_some(ids)
        }
    }
}

/// Returns the further parameters of this route. Only routes that memory can serve evaluate the headers.
pub(super) fn of_route(route: &Route) -> impl Iterator<Item = Ref> {
    let names = [MINIMUM_REVISION, IF_NONE_MATCH].into_iter();
    let names = names.filter(|_| route.is_in_memory);
    let of_query = match route.operation {
        Operation::Administer(operation) => administration::query_parameters(operation),
        Operation::ShowIndex
        | Operation::List
        | Operation::Retrieve
        | Operation::Register
        | Operation::Update
        | Operation::Delete => &[],
    };
    names.chain(of_query.iter().copied()).map(reference)
}

fn reference(name: &str) -> Ref {
    Ref::new(format!("#/components/parameters/{name}"))
}

/// Returns all parameters with the names that references use.
pub(super) fn all() -> Vec<(&'static str, Parameter)> {
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
        "The `x-models-revision` of an earlier response. This response is at least as fresh.",
    );
    let if_none_match = header("If-None-Match", "Validators that the client already has.");
    let mut all = vec![
        (MODEL, model.build()),
        (MINIMUM_REVISION, minimum_revision),
        (IF_NONE_MATCH, if_none_match),
    ];
    all.extend(administration::parameters());
    all
}
