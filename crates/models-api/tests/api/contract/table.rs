//! The table of requests and responses of the wire contract, row by row.

use models_core::Role;

use crate::service::{TestCaller, TestService, now, origin};

/// The number of the row in the contract, the caller, the method, the path and further headers. Then the status and the
/// body of the response.
type Row<'a> = (
    u8,
    &'a TestCaller,
    &'a str,
    &'a str,
    &'a [(&'a str, &'a str)],
    u16,
    String,
);

const MODEL: &str =
    r#"{"id":"own","object":"model","created":7,"owned_by":"acme Inc.","shutdown_date":null}"#;

fn error(message: &str, param: &str, code: &str) -> String {
    let quoted = |text: &str| {
        if text == "null" {
            text.to_owned()
        } else {
            format!("\"{text}\"")
        }
    };
    let (param, code) = (quoted(param), quoted(code));
    format!(
        r#"{{"error":{{"message":"{message}","type":"invalid_request_error","param":{param},"code":{code}}}}}"#
    )
}

fn bad_url(request: &str) -> String {
    error(&format!("Invalid URL ({request})"), "null", "null")
}

fn bad_base(request: &str) -> String {
    let hint = "The base URL of this API ends in /v1, once: the list of models is at /v1/models.";
    error(&format!("Invalid URL ({request}). {hint}"), "null", "null")
}

fn bad_method(request: &str) -> String {
    error(
        &format!("Invalid method for URL ({request})"),
        "null",
        "null",
    )
}

/// Redacts a key of this service, which has 56 characters, to its first 8 and last 4.
fn redact_own(caller: &TestCaller) -> String {
    let token = caller.token.as_ref().unwrap();
    format!("{}{}{}", &token[..8], "*".repeat(44), &token[52..])
}

fn missing_scope(scope: &str) -> String {
    let message = format!(
        "You have insufficient permissions for this operation. Missing scopes: {scope}. Check that you have the correct \
         role in your organization (Reader, Writer, Owner) and that the model is your organization's own."
    );
    error(&message, "null", "null")
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub async fn every_row_of_the_contract_has_its_response(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("base", 9)]).await;
    service.models(Some(&acme), &[("own", 7)]).await;
    service.models(Some(&other), &[("foreign", 1)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let revoked = service.caller(&acme, Role::Owner).await;
    service
        .store
        .api_keys
        .revoke(&revoked.key.as_ref().unwrap().id, origin())
        .await
        .unwrap();
    let expired = service.caller_until(&acme, Role::Owner, Some(now())).await;
    let nobody = service.anonymous();
    let unknown = service.bearer("sk-unknown-0123456789abcdef");

    let base =
        r#"{"id":"base","object":"model","created":9,"owned_by":"system","shutdown_date":null}"#;
    let list = format!(r#"{{"object":"list","data":[{MODEL},{base}]}}"#);
    let not_found = |id: &str| {
        error(
            &format!("The model '{id}' does not exist"),
            "model",
            "model_not_found",
        )
    };
    let incorrect = |key: &str| {
        let message = format!(
            "Incorrect API key provided: {key}. Keys are created with `models-api key create`."
        );
        error(&message, "null", "invalid_api_key")
    };
    let redacted = redact_own(&revoked);
    let missing_key = error("Missing bearer authentication in header", "null", "null");
    let organization = error(
        "OpenAI-Organization header should match organization for API key",
        "null",
        "mismatched_organization",
    );
    let project = error(
        "OpenAI-Project header should match project for API key",
        "null",
        "mismatched_project",
    );
    let other_organization = [("OpenAI-Organization", other.id.as_str())];
    let other_project = [("OpenAI-Project", other.default_project.id.as_str())];
    let basic = [("Authorization", "Basic eDp5")];

    let deleted = r#"{"id":"own","object":"model","deleted":true}"#.to_owned();
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (1, &reader, "GET", "/v1/models", &[], 200, list.clone()),
        (1, &reader, "GET", "/v1/models?user=x&limit=1&after=own", &[], 200, list),
        (2, &reader, "GET", "/v1/models/own", &[], 200, MODEL.to_owned()),
        (2, &reader, "HEAD", "/v1/models/own", &[], 200, String::new()),
        (4, &owner, "GET", "/v1/models/missing", &[], 404, not_found("missing")),
        (4, &owner, "GET", "/v1/models/foreign", &[], 404, not_found("foreign")),
        (4, &owner, "DELETE", "/v1/models/missing", &[], 404, not_found("missing")),
        (4, &owner, "DELETE", "/v1/models/foreign", &[], 404, not_found("foreign")),
        (5, &owner, "DELETE", "/v1/models/base", &[], 403, missing_scope("api.delete")),
        (5, &reader, "DELETE", "/v1/models/own", &[], 403, missing_scope("api.delete")),
        (6, &nobody, "GET", "/v1/models", &[], 401, missing_key.clone()),
        (6, &nobody, "GET", "/v1/models/own", &basic, 401, missing_key.clone()),
        (6, &nobody, "DELETE", "/v1/models/own", &[], 401, missing_key),
        (7, &unknown, "GET", "/v1/models", &[], 401, incorrect("sk-unkno***************cdef")),
        (7, &revoked, "GET", "/v1/models", &[], 401, incorrect(&redacted)),
        (7, &expired, "GET", "/v1/models", &[], 401, incorrect(&redact_own(&expired))),
        (8, &reader, "GET", "/v1/models", &other_organization, 401, organization),
        (9, &reader, "GET", "/v1/models", &other_project, 401, project),
        (10, &reader, "DELETE", "/v1/models/missing", &[], 403, missing_scope("api.delete")),
        (11, &owner, "PUT", "/v1/models", &[], 405, bad_method("PUT /v1/models")),
        (11, &nobody, "PUT", "/v1/models/a", &[], 405, bad_method("PUT /v1/models/a")),
        (12, &owner, "GET", "/v1", &[], 404, bad_url("GET /v1")),
        (12, &owner, "GET", "/v1/models/", &[], 404, bad_url("GET /v1/models/")),
        (12, &owner, "DELETE", "/v1/models/", &[], 404, bad_url("DELETE /v1/models/")),
        (12, &nobody, "GET", "/v1/v1/models", &[], 404, bad_base("GET /v1/v1/models")),
        (3, &owner, "DELETE", "/v1/models/own", &[], 200, deleted),
    ];
    for (row, caller, method, path, headers, status, body) in rows {
        let response = caller.send(method, path, headers).await;
        assert_eq!(
            (response.status, &response.body),
            (*status, body),
            "row {row}: {method} {path}"
        );
        assert_eq!(
            response.header("content-type"),
            Some("application/json"),
            "row {row}: {method} {path}"
        );
        assert_eq!(
            response.header("location"),
            None,
            "row {row}: {method} {path}"
        );
    }
    println!("{} rows", rows.len());
}
