use std::net::SocketAddr;
use std::time::Duration;

use models_core::Role;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service::TestService;
use crate::service::client::{Response, exchange};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The deletion waits for a lock that another transaction holds longer than the shutdown timeout.
pub async fn requests_in_flight_get_responses_when_the_service_stops(service: TestService) {
    let mut service = service
        .with_settings(&[("MODELS__SERVER__SHUTDOWN_TIMEOUT", "1")])
        .await;
    let acme = service.organization("acme").await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    let idle = exchange(service.address, b"", TIMEOUT);
    let request =
        format!("DELETE /v1/models/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let before = format!(
        "GET /v1/models HTTP/1.1
Host: x
Authorization: Bearer {token}

"
    );
    let expecting = request.replace(
        "Host: x",
        "Host: x
Expect: 100-continue
Content-Length: 0",
    );
    let sent = [request.clone(), before + &request, expecting];
    let in_flight = futures_util::future::join_all(
        sent.iter()
            .map(|bytes| exchange(service.address, bytes.as_bytes(), TIMEOUT)),
    );

    let lock = service.lock().await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        service.stop().await;
    };
    let (responses, (nothing, idle_closed), ()) = tokio::join!(in_flight, idle, stopping);
    lock.release().await;
    for (bytes, closed) in responses {
        let text = String::from_utf8(bytes).unwrap();
        let last = &text[text.rfind("HTTP/1.1 ").unwrap()..];
        let response = Response::parse(last.as_bytes());
        assert_eq!((response.status, closed), (503, true), "{text}");
        assert_eq!(response.error()["code"], "server_is_overloaded");
        assert!(
            response.header("x-request-id").is_some() && response.header("retry-after").is_some()
        );
    }
    assert_eq!((nothing.as_slice(), idle_closed), (&b""[..], true));
}

/// Clients send requests continuously while the service stops.
pub async fn no_response_is_cut_off_when_the_service_stops(service: TestService) {
    let mut service = service.with_settings(&[]).await;
    let acme = service.organization("acme").await;
    let token = service.caller(&acme, Role::Reader).await.token.unwrap();
    let address = service.address;
    let clients: Vec<_> = (0..16)
        .map(|_| tokio::spawn(request_until_closed(address, token.clone())))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.stop().await;
    let mut count = 0;
    for client in clients {
        count += client.await.unwrap();
    }
    assert!(count > 100, "{count}");
}

/// Sends requests on one connection until a response announces that it is the last one. Returns the number of responses.
async fn request_until_closed(address: SocketAddr, token: String) -> usize {
    let request =
        format!("GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    for count in 0.. {
        if stream.write_all(request.as_bytes()).await.is_err() {
            return count;
        }
        let mut response = Vec::new();
        while !response.ends_with(b"}") {
            // The service may close between two requests, just as the next one is on its way. No server can avoid that,
            // and HTTP clients retry such a request.
            if stream.read_buf(&mut response).await.unwrap_or(0) == 0 {
                assert!(response.is_empty(), "a response was cut off");
                return count;
            }
        }
        if String::from_utf8_lossy(&response).contains("connection: close") {
            return count + 1;
        }
    }
    unreachable!("the service stops")
}
