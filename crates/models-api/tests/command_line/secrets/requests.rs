//! Keys in requests.

use serde_json::Value;

use super::hidden::{KEY, assert_hidden, with_acme};
use crate::program::{Serving, shell};

/// Sends a request with curl, and returns the response with its head.
fn request(service: &Serving, path: &str, headers: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -si --path-as-is {headers} 'http://{address}{path}'"
    ))
}

#[test]
fn a_key_in_a_request_reaches_no_log_and_no_message() {
    let program = with_acme()
        .with("MODELS__LOG__REQUESTS", "all")
        .with("MODELS__LOG__LEVEL", "trace")
        .with("MODELS__SERVER__TRUST_REQUEST_ID", "true");
    let create = [
        "key",
        "create",
        "--organization",
        "acme",
        "--role",
        "owner",
        "--name",
        "n",
    ];
    let key = program.json(&create)["value"].as_str().unwrap().to_owned();
    let import = ["model", "import", "-"];
    let listed = "sk-a-model-that-begins-as-keys-do";
    let imported = program.run_with(
        &import,
        &format!("[{{\"id\":\"{listed}\"}},{{\"id\":\"{KEY}\"}}]"),
    );
    assert!(imported.succeeded, "{imported:?}");
    let service = program.serve();
    let bearer = format!("-H 'Authorization: Bearer {key}'");
    let dashes = KEY.replace('-', "%2D");
    let letters: Vec<String> = KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let letters = letters.concat();
    let twice = letters.replace('%', "%25");
    for written in [
        KEY,
        &dashes,
        &dashes
            .to_lowercase()
            .replace(&KEY[7..].to_lowercase(), &KEY[7..]),
        &letters,
        &twice,
    ] {
        for path in [
            format!("/v1/models/{written}x"),
            format!("/v1/models/vendor/{written}x"),
            format!("/v1/{written}"),
            format!("/{written}/v1/models"),
            format!("/v1/models/%00{written}"),
        ] {
            for method in ["", "-X DELETE", "-X PATCH"] {
                let response = request(&service, &path, &format!("{bearer} {method}"));
                assert!(response.contains("sk-..."), "{path} {response}");
                assert_hidden(&response);
            }
        }
    }
    let headers = format!(
        "-A 'curl {KEY}' -H 'X-Client-Request-Id: {KEY}' -H 'X-Request-Id: {KEY}' -H 'X-Forwarded-For: {KEY}' -H 'OpenAI-Project: {KEY}'"
    );
    let response = request(&service, "/v1/models", &format!("{bearer} {headers}"));
    assert_hidden(&response);
    request(&service, "/v1/models", &format!("{headers} -X {KEY}"));
    request(
        &service,
        "/v1/models",
        &format!("-H 'Authorization: Bearer {KEY}'"),
    );
    request(
        &service,
        "/v1/models",
        &format!("-H 'Authorization: {KEY}'"),
    );
    // The service cannot parse this request.
    request(
        &service,
        "/v1/models",
        &format!("-H 'Transfer-Encoding: {KEY}' -H 'Content-Length: {KEY}'"),
    );
    // The catalog itself is not masked.
    let found = request(&service, &format!("/v1/models/{listed}"), &bearer);
    assert!(found.contains(&format!("\"id\":\"{listed}\"")), "{found}");
    let list = request(&service, "/v1/models", &bearer);
    assert!(list.contains(listed) && list.contains(KEY), "{list}");
    let log: Vec<Value> = service.log();
    let text = format!("{log:?}");
    assert!(log.len() > 70, "{text}");
    assert_hidden(&text);
    for secret in [&key, listed, letters.as_str(), twice.as_str()] {
        assert!(!text.contains(secret), "{secret} {text}");
    }
}
