//! Faults of the service and of the store, and the rate limit.

use std::sync::Arc;

use async_trait::async_trait;
use models_core::{
    Credential, CredentialRepository, KeyDigest, KeyUses, RepositoryError, Role, Snapshot,
};

use crate::contract::headers::assert_standard_headers;
use crate::service::TestService;
use crate::service::client::send;

pub async fn a_faulty_row_is_a_500_and_an_unreachable_store_is_a_503(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    service.execute("UPDATE models SET owned_by = ''").await;
    let fault = owner.get("/v1/models").await;
    let request_id = fault.header("x-request-id").unwrap();
    let message = format!(
        "The server had an error processing your request. (Please give the request ID {request_id} when you report it.)"
    );
    let body = format!(
        r#"{{"error":{{"message":"{message}","type":"server_error","param":null,"code":null}}}}"#
    );
    assert_eq!((fault.status, &fault.body), (500, &body));
    assert_eq!(fault.header("x-should-retry"), Some("false"));
    assert_standard_headers(&fault);

    let authorization = format!("Bearer {}", owner.token.as_ref().unwrap());
    let headers = [("Authorization", authorization.as_str())];
    let deletion = send(service.address, "DELETE", "/v1/models/own", &headers);
    let response = service.while_locked(deletion).await;
    let body = r#"{"error":{"message":"The server is overloaded or not ready yet.","type":"service_unavailable_error","param":null,"code":"server_is_overloaded"}}"#;
    assert_eq!((response.status, response.body.as_str()), (503, body));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.header("x-should-retry"), None);
    assert_standard_headers(&response);
    service
        .execute("UPDATE models SET owned_by = 'mended'")
        .await;
    assert_eq!(
        owner.delete("/v1/models/own").await.status,
        200,
        "the service recovers as soon as the store does"
    );
}

pub async fn a_key_beyond_its_rate_limit_is_a_429_with_retry_after(service: TestService) {
    let service = service
        .with_settings(&[("MODELS__LIMITS__REQUESTS_PER_MINUTE", "2")])
        .await;
    let acme = service.organization("acme").await;
    let (busy, other) = (
        service.caller(&acme, Role::Reader).await,
        service.caller(&acme, Role::Reader).await,
    );
    for remaining in ["1", "0"] {
        let response = busy.get("/v1/models").await;
        assert_eq!(
            (
                response.status,
                response.header("x-ratelimit-limit-requests")
            ),
            (200, Some("2"))
        );
        assert_eq!(
            response.header("x-ratelimit-remaining-requests"),
            Some(remaining)
        );
        assert!(
            response
                .header("x-ratelimit-reset-requests")
                .unwrap()
                .ends_with("ms")
        );
    }
    let response = busy.get("/v1/models").await;
    let wait: u32 = response.header("retry-after").unwrap().parse().unwrap();
    assert!(
        response.status == 429 && (1..=60).contains(&wait),
        "{response:?}"
    );
    let body = format!(
        r#"{{"error":{{"message":"Rate limit reached for requests per min (RPM): Limit 2, Requested 1. Please try again in {wait}s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}}}"#
    );
    assert_eq!(response.body, body);
    assert_eq!(response.header("x-should-retry"), None);
    assert_standard_headers(&response);
    assert_eq!(
        other.get("/v1/models").await.status,
        200,
        "each key has its own limit"
    );
}

/// A repository that panics at every call.
struct Panics;

#[async_trait]
impl CredentialRepository for Panics {
    async fn find_by_digest(
        &self,
        _: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError> {
        panic!("on purpose")
    }

    async fn record_uses(&self, _: KeyUses) -> Result<(), RepositoryError> {
        panic!("on purpose")
    }
}

pub async fn a_panic_in_a_handler_is_a_500_and_the_process_continues(service: TestService) {
    let node = service
        .node_with(|store| store.credentials = Arc::new(Panics))
        .await;
    for _ in 0..3 {
        let response = node
            .bearer("sk-whatever-0123456789")
            .get("/v1/models")
            .await;
        assert_eq!(
            (response.status, response.error()["type"].as_str()),
            (500, Some("server_error"))
        );
        assert_standard_headers(&response);
        assert!(!response.body.contains("on purpose"), "{response:?}");
        assert_eq!(node.anonymous().get("/v1/models").await.status, 401);
    }
}
