use std::net::SocketAddr;
use std::time::Duration;

use models_core::Role;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::{Answer, exchange};
use crate::service::TestService;

const PATIENCE: Duration = Duration::from_secs(20);

/// A deletion waits for a lock that somebody else holds for longer than the service may take to
/// stop.
pub async fn what_is_in_flight_when_the_service_stops_is_answered(service: TestService) {
    let mut service = service
        .again_with(&[("MODELS__SERVER__SHUTDOWN_TIMEOUT", "1")])
        .await;
    let acme = service.organization("acme").await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    let idle = exchange(service.address, b"", PATIENCE);
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
            .map(|bytes| exchange(service.address, bytes.as_bytes(), PATIENCE)),
    );

    let lock = service.lock().await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        service.stop().await;
    };
    let (answers, (nothing, idle_closed), ()) = tokio::join!(in_flight, idle, stopping);
    lock.release().await;
    for (bytes, closed) in answers {
        let text = String::from_utf8(bytes).unwrap();
        let last = &text[text.rfind("HTTP/1.1 ").unwrap()..];
        let answer = Answer::parse(last.as_bytes());
        assert_eq!((answer.status, closed), (503, true), "{text}");
        assert_eq!(answer.error()["code"], "server_is_overloaded");
        assert!(answer.header("x-request-id").is_some() && answer.header("retry-after").is_some());
    }
    assert_eq!((nothing.as_slice(), idle_closed), (&b""[..], true));
}

/// Clients that ask again and again while the service stops.
pub async fn no_answer_is_cut_off_when_the_service_stops(service: TestService) {
    let mut service = service.again_with(&[]).await;
    let acme = service.organization("acme").await;
    let token = service.caller(&acme, Role::Reader).await.token.unwrap();
    let address = service.address;
    let clients: Vec<_> = (0..16)
        .map(|_| tokio::spawn(ask_until_closed(address, token.clone())))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.stop().await;
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert!(answered > 100, "{answered}");
}

/// Asks on one connection until an answer says that it is the last one, and counts the answers.
async fn ask_until_closed(address: SocketAddr, token: String) -> usize {
    let request =
        format!("GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    for count in 0.. {
        if stream.write_all(request.as_bytes()).await.is_err() {
            return count;
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            // The service may close between two requests, just as the next one is on its way. No
            // server can help that, and HTTP clients send such a request again.
            if stream.read_buf(&mut answer).await.unwrap_or(0) == 0 {
                assert!(answer.is_empty(), "an answer was cut off");
                return count;
            }
        }
        if String::from_utf8_lossy(&answer).contains("connection: close") {
            return count + 1;
        }
    }
    unreachable!("the service stops")
}
