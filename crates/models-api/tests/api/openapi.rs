//! The OpenAPI document says what the table of routes says.

use std::collections::BTreeSet;

use models_api::ROUTES;
use serde_json::Value;

#[test]
fn the_document_has_every_route_and_no_other() {
    let document: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "parameters")
        {
            documented.insert((path.clone(), method.to_uppercase()));
        }
    }
    let served: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| {
            (
                route.template.pattern().replace("{id:.+}", "{model}"),
                route.method.to_string(),
            )
        })
        .collect();
    assert_eq!(documented, served);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}
