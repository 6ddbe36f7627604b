//! The objects of the wire, field for field in the order in which OpenAI sends them.

use models_core::Model;
use serde::Serialize;

/// A model: all fields always, `shutdown_date` null where none is announced.
#[derive(Debug, Serialize)]
pub struct ModelObject<'a> {
    id: &'a str,
    object: &'static str,
    created: u32,
    owned_by: &'a str,
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

/// That a model is gone.
#[derive(Debug, Serialize)]
pub struct DeletedModelObject<'a> {
    id: &'a str,
    object: &'static str,
    deleted: bool,
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
