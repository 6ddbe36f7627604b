//! The JSON objects of responses. Their fields have OpenAI's order.

use models_core::Model;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};

/// A model. All fields are always present; `shutdown_date` is null if none is announced.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
#[serde(deny_unknown_fields)]
pub struct ModelObject<'a> {
    id: &'a str,
    #[schema(schema_with = model)]
    object: &'static str,
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_i64)]
    created: u32,
    owned_by: &'a str,
    #[schema(required, format = Date)]
    shutdown_date: Option<String>,
}

impl<'a> From<&'a Model> for ModelObject<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            id: model.id.as_str(),
            object: "model",
            created: model.created.seconds(),
            owned_by: model.owned_by.as_str(),
            shutdown_date: model.shutdown_date.map(String::from),
        }
    }
}

/// The confirmation of a deletion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeleteModelResponse)]
#[serde(deny_unknown_fields)]
pub struct DeletedModelObject<'a> {
    id: &'a str,
    #[schema(schema_with = model)]
    object: &'static str,
    #[schema(schema_with = always)]
    deleted: bool,
}

/// The schema of `object`, which has only one value.
fn model() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(["model"])).build()
}

/// The schema of `deleted`, which has only one value.
fn always() -> Object {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    boolean.enum_values(Some([true])).build()
}

impl<'a> From<&'a Model> for DeletedModelObject<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            id: model.id.as_str(),
            object: "model",
            deleted: true,
        }
    }
}
