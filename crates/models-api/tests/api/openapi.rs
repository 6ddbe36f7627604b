//! The OpenAPI document says what the table of routes says, and every response that the tests get is as it says.

mod document;
mod schema;

use std::collections::BTreeSet;

use models_api::ROUTES;
use serde_json::{Value, json};

use crate::http::Answer;
use document::{DOCUMENT, keys, resolve};

/// Panics unless the document has this response to this request. What is asked of no route is not in it.
pub fn assert_documented(method: &str, path: &str, answer: &Answer) {
    if let Err(reason) = check(method, path, answer) {
        panic!("{method} {path} is not answered as documented: {reason}: {answer:?}");
    }
}

fn check(method: &str, path: &str, answer: &Answer) -> Result<(), String> {
    let Some(template) = template(path) else {
        return Ok(());
    };
    let item = &DOCUMENT["paths"][template];
    if item.get(method.to_lowercase()).is_none() {
        return Ok(());
    }
    // The response to HEAD is documented as that to GET, without its body.
    let (operation, is_head) = match method {
        "HEAD" => (&item["get"], true),
        _ => (&item[method.to_lowercase()], false),
    };
    let status = answer.status.to_string();
    let response = operation["responses"].get(&status);
    let response = resolve(response.ok_or_else(|| format!("no status {status}"))?);
    for name in keys(&response["headers"]) {
        let is_there = answer.header(&name.to_lowercase()).is_some();
        is_there
            .then_some(())
            .ok_or_else(|| format!("no header {name}"))?;
    }
    if is_head || response.get("content").is_none() {
        let is_empty = answer.body.is_empty();
        return is_empty.then_some(()).ok_or_else(|| "a body".to_owned());
    }
    let content_type = answer.header("content-type").ok_or("no content type")?;
    let media_type = content_type.split(';').next().unwrap_or_default();
    let content = response["content"].get(media_type);
    let content = content.ok_or_else(|| format!("no content of type {media_type}"))?;
    let body = match media_type {
        "application/json" => answer.json(),
        _ => Value::String(answer.body.clone()),
    };
    schema::check(&content["schema"], &body)
}

/// The path of the document that this path is one of.
fn template(path: &str) -> Option<&'static str> {
    match path.split('?').next()? {
        "/" => Some("/"),
        "/v1/models" => Some("/v1/models"),
        path => {
            let id = path.strip_prefix("/v1/models/")?;
            (!id.is_empty()).then_some("/v1/models/{model}")
        }
    }
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
fn a_response_that_is_not_documented_is_noticed() {
    let model =
        json!({"id": "a", "object": "model", "created": 1, "owned_by": "b", "shutdown_date": null});
    let whole = Answer {
        status: 200,
        headers: ["content-type", "x-models-revision", "etag"]
            .map(|name| (name.to_owned(), "application/json".to_owned()))
            .to_vec(),
        body: model.to_string(),
    };
    let refusal = |change: &dyn Fn(&mut Answer)| {
        let mut answer = whole.clone();
        change(&mut answer);
        check("GET", "/v1/models/a", &answer).err()
    };
    assert_eq!(refusal(&|_| ()), None);
    assert_eq!(
        refusal(&|answer| answer.status = 418),
        Some("no status 418".to_owned())
    );
    for removed in ["etag", "content-type"] {
        let is_refused = refusal(&|answer| answer.headers.retain(|(name, _)| name != removed));
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
            refusal(&|answer| answer.body.clone_from(&body)).is_some(),
            "{body}"
        );
    }
    let dated = with("shutdown_date", json!("2027-01-31"));
    assert_eq!(refusal(&|answer| answer.body.clone_from(&dated)), None);
    assert!(check("HEAD", "/v1/models/a", &whole).is_err(), "a body");
}
