use std::time::Duration;

use models_core::Role;

use crate::http::{Answer, exchange};
use crate::service::TestService;

/// A deletion waits for a lock that somebody else holds for longer than the service may take to
/// stop.
pub async fn what_is_in_flight_when_the_service_stops_is_answered(service: TestService) {
    let mut service = service
        .again_with(&[("MODELS__SERVER__SHUTDOWN_TIMEOUT", "1")])
        .await;
    let acme = service.organization("acme").await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    let idle = exchange(service.address, b"", Duration::from_secs(20));
    let request =
        format!("DELETE /v1/models/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let in_flight = exchange(service.address, request.as_bytes(), Duration::from_secs(20));

    let lock = service.lock().await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        service.stop().await;
    };
    let ((answer, closed), (nothing, idle_closed), ()) = tokio::join!(in_flight, idle, stopping);
    lock.release().await;
    let answer = Answer::parse(&answer);
    assert_eq!((answer.status, closed), (503, true), "{answer:?}");
    assert_eq!(answer.error()["code"], "server_is_overloaded");
    assert!(answer.header("x-request-id").is_some() && answer.header("retry-after").is_some());
    assert_eq!((nothing.as_slice(), idle_closed), (&b""[..], true));
}
