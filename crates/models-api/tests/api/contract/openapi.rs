//! The OpenAPI document matches the table of routes, and every response in these tests matches the document.

mod document;
mod schema;

use std::collections::BTreeSet;

use models_api::{ROUTES, Template};
use serde_json::{Value, json};

use crate::service::client::Response;
use document::{DOCUMENT, keys, resolve};

/// Panics unless the document has this response to this request. Ignores requests without a route.
pub fn assert_documented(method: &str, path: &str, response: &Response) {
    if let Err(reason) = check(method, path, response) {
        panic!("the response to {method} {path} is not documented: {reason}: {response:?}");
    }
}

fn check(method: &str, path: &str, response: &Response) -> Result<(), String> {
    let Some(template) = template(path) else {
        return Ok(());
    };
    let item = &DOCUMENT["paths"][template];
    if item.get(method.to_lowercase()).is_none() {
        return Ok(());
    }
    // The document describes the response to HEAD as the one to GET, without its body.
    let (operation, is_head) = match method {
        "HEAD" => (&item["get"], true),
        _ => (&item[method.to_lowercase()], false),
    };
    let status = response.status.to_string();
    let documented = operation["responses"].get(&status);
    let documented = resolve(documented.ok_or_else(|| format!("no status {status}"))?);
    for name in keys(&documented["headers"]) {
        let is_there = response.header(&name.to_lowercase()).is_some();
        is_there
            .then_some(())
            .ok_or_else(|| format!("no header {name}"))?;
    }
    if is_head || documented.get("content").is_none() {
        let is_empty = response.body.is_empty();
        return is_empty.then_some(()).ok_or_else(|| "a body".to_owned());
    }
    let content_type = response.header("content-type").ok_or("no content type")?;
    let media_type = content_type.split(';').next().unwrap_or_default();
    let content = documented["content"].get(media_type);
    let content = content.ok_or_else(|| format!("no content of type {media_type}"))?;
    let body = match media_type {
        "application/json" => response.json(),
        _ => Value::String(response.body.clone()),
    };
    schema::check(&content["schema"], &body)
}

/// Returns the document's path that matches this path.
fn template(path: &str) -> Option<&'static str> {
    let template = Template::of(path.split('?').next()?);
    (template != Template::None).then(|| template.path())
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let mut documented = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in keys(item).filter(|key| *key != "parameters") {
            documented.insert((path.as_str(), method.to_uppercase()));
        }
    }
    let served: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.template.path(), route.method.to_string()))
        .collect();
    assert_eq!(documented, served);
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_undocumented_response_fails_the_check() {
    let model =
        json!({"id": "a", "object": "model", "created": 1, "owned_by": "b", "shutdown_date": null});
    let whole = Response {
        status: 200,
        headers: ["content-type", "x-models-revision", "etag"]
            .map(|name| (name.to_owned(), "application/json".to_owned()))
            .to_vec(),
        body: model.to_string(),
    };
    let refusal = |change: &dyn Fn(&mut Response)| {
        let mut response = whole.clone();
        change(&mut response);
        check("GET", "/v1/models/a", &response).err()
    };
    assert_eq!(refusal(&|_| ()), None);
    assert_eq!(
        refusal(&|response| response.status = 418),
        Some("no status 418".to_owned())
    );
    for removed in ["etag", "content-type"] {
        let is_refused = refusal(&|response| response.headers.retain(|(name, _)| name != removed));
        assert!(is_refused.is_some(), "{removed}");
    }
    let with = |name: &str, value: Value| {
        let mut other = model.clone();
        other[name] = value;
        other.to_string()
    };
    for body in [
        with("more", json!(1)),
        with("id", json!(1)),
        with("object", json!("list")),
        with("created", json!(-1)),
        with("created", json!(1.5)),
        with("created", json!(4_294_967_296_u64)),
        with("shutdown_date", json!("tomorrow")),
        json!({"id": "a"}).to_string(),
        json!([]).to_string(),
    ] {
        assert!(
            refusal(&|response| response.body.clone_from(&body)).is_some(),
            "{body}"
        );
    }
    let dated = with("shutdown_date", json!("2027-01-31"));
    assert_eq!(refusal(&|response| response.body.clone_from(&dated)), None);
    assert!(check("HEAD", "/v1/models/a", &whole).is_err(), "a body");
}
