//! The document and its references.

use std::sync::LazyLock;

use serde_json::Value;

pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi.json")).unwrap());

/// Resolves a part of the document that may be a reference to another part.
pub fn resolve(part: &'static Value) -> &'static Value {
    match part.get("$ref") {
        None => part,
        Some(reference) => {
            let pointer = reference.as_str().unwrap().trim_start_matches('#');
            DOCUMENT.pointer(pointer).unwrap()
        }
    }
}

pub fn keys(object: &Value) -> impl Iterator<Item = &String> {
    object
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys())
}
