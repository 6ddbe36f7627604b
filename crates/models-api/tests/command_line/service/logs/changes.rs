//! The log lines of changes.

use serde_json::json;

use super::reading::{header, key, line, request, with_acme};

#[test]
fn every_change_is_logged_with_any_setting() {
    let program = with_acme();
    let (id, secret) = key(&program, &["--role", "owner"]);
    let import = ["model", "import", "-", "--organization", "acme"];
    let imported = program.run_with(&import, r#"[{"id":"one"},{"id":"sk-two"}]"#);
    assert!(imported.succeeded, "{imported:?}");
    let service = program.serve();
    for (model, shown) in [("one", "one"), ("sk-two", "sk-...")] {
        let options =
            format!("-X DELETE -H 'Authorization: Bearer {secret}' -H 'X-Client-Request-Id: mine'");
        let response = request(&service, &format!("/v1/models/{model}"), &options);
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        let request_id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == request_id.as_str());
        for (name, value) in [
            ("level", json!("INFO")),
            ("message", json!("changed")),
            ("kind", json!("model.deleted")),
            ("model", json!(shown)),
            ("key_id", json!(id)),
            ("organization", json!("acme")),
            ("client", json!("127.0.0.1")),
            ("client_request_id", json!("mine")),
        ] {
            assert_eq!(line[name], value, "{line}");
        }
        assert!(line["revision"].is_i64(), "{line}");
        assert!(
            line["user_agent"].as_str().unwrap().starts_with("curl/"),
            "{line}"
        );
    }
    let log = service.log();
    let of_requests = log.iter().filter(|line| line.get("route").is_some());
    assert_eq!(of_requests.count(), 0, "{log:?}");
}
