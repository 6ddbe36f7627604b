//! The limits on clients.

use std::time::{Duration, Instant};

use models_core::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::service::client::{Response, exchange, send};
use crate::service::{TestCaller, TestService};

const LIST: &str = "/v1/models";

async fn reader(service: &TestService) -> TestCaller {
    let acme = service.organization("acme").await;
    service.caller(&acme, Role::Reader).await
}

const FROM_ONE: [(&str, &str); 1] = [("X-Forwarded-For", "192.0.2.1")];

/// A service that looks up keys slowly after an address has sent three incorrect ones.
async fn throttling(service: &TestService, look_ups_per_second: &str) -> TestService {
    let limited = [
        ("MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE", "2"),
        (
            "MODELS__LIMITS__THROTTLED_KEY_LOOKUPS_PER_SECOND",
            look_ups_per_second,
        ),
        ("MODELS__SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ];
    service.with_settings(&limited).await
}

async fn status_from_one(caller: &TestCaller) -> u16 {
    caller.send("GET", LIST, &FROM_ONE).await.status
}

pub async fn a_repeated_incorrect_key_does_not_delay_other_clients_of_its_address(
    service: TestService,
) {
    let service = throttling(&service, "1").await;
    let acme = service.organization("acme").await;
    let stranger = service.bearer("sk-incorrect");
    for _ in 0..400 {
        assert_eq!(status_from_one(&stranger).await, 401);
    }
    // At one look-up a second, ten would be refused.
    for _ in 0..10 {
        let new = service.caller(&acme, Role::Reader).await;
        assert_eq!(status_from_one(&new).await, 200);
    }
}

pub async fn a_valid_key_from_an_address_beyond_the_limit_is_delayed_and_not_refused(
    service: TestService,
) {
    let service = throttling(&service, "20").await;
    let acme = service.organization("acme").await;
    let known = service.caller(&acme, Role::Reader).await;
    let new = service.caller(&acme, Role::Reader).await;
    assert_eq!(status_from_one(&known).await, 200);
    let strangers = (0..60).map(|number| service.bearer(&format!("sk-incorrect-{number}")));
    let mut sent = tokio::task::JoinSet::new();
    for stranger in strangers {
        sent.spawn(async move { status_from_one(&stranger).await });
    }
    while let Some(status) = sent.join_next().await {
        assert_eq!(status.unwrap(), 401);
    }
    assert_eq!(status_from_one(&new).await, 200);
    assert_eq!(status_from_one(&known).await, 200);
    let metrics = metrics(&service).await;
    let throttled = "models_throttled_key_lookups_total ";
    let count = metrics
        .lines()
        .find_map(|line| line.strip_prefix(throttled));
    assert!(count.is_some_and(|count| count != "0"), "{metrics}");
}

pub async fn look_ups_that_would_wait_too_long_are_refused(service: TestService) {
    let service = throttling(&service, "1").await;
    let acme = service.organization("acme").await;
    let known = service.caller(&acme, Role::Reader).await;
    let unknown = service.caller(&acme, Role::Reader).await;
    assert_eq!(status_from_one(&known).await, 200);
    for number in 0..3 {
        let stranger = service.bearer(&format!("sk-incorrect-{number}"));
        assert_eq!(status_from_one(&stranger).await, 401);
    }
    let waiting: Vec<_> = (3..20)
        .map(|number| {
            let stranger = service.bearer(&format!("sk-incorrect-{number}"));
            tokio::spawn(async move { stranger.send("GET", LIST, &FROM_ONE).await })
        })
        .collect();
    let mut refused = vec![];
    for response in waiting {
        let response = response.await.unwrap();
        match response.status {
            401 => {}
            429 => refused.push(response),
            status => panic!("{status}"),
        }
    }
    let response = refused.first().expect("17 look-ups at one a second");
    let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{response:?}");
    let error = response.error();
    assert_eq!(
        error["message"],
        format!("Too many incorrect API keys came from your address. Please try again in {wait}s.")
    );
    assert_eq!(error["code"], "rate_limit_exceeded");
    assert_eq!(
        status_from_one(&known).await,
        200,
        "its session is in memory"
    );
    // Another address is not affected. The first address of the header, which a client can forge, does not count.
    let other = [("X-Forwarded-For", "192.0.2.1, 192.0.2.2")];
    assert_eq!(unknown.send("GET", LIST, &other).await.status, 200);
}

async fn metrics(service: &TestService) -> String {
    send(service.operations, "GET", "/metrics", &[]).await.body
}

pub async fn a_request_beyond_the_limit_is_refused_at_once(service: TestService) {
    let limited = [("MODELS__LIMITS__REQUESTS_IN_FLIGHT", "2")];
    let service = service.with_settings(&limited).await;
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("a", 1), ("b", 2)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let another = service.caller(&acme, Role::Reader).await;
    assert_eq!(owner.get(LIST).await.status, 200);
    let lock = service.lock().await;
    let deletions: Vec<_> = ["/v1/models/a", "/v1/models/b"]
        .map(|path| {
            let owner = owner.at(&service);
            tokio::spawn(async move { owner.delete(path).await.status })
        })
        .into();
    while !metrics(&service)
        .await
        .contains("http_server_active_requests 2\n")
    {
        sleep(Duration::from_millis(10)).await;
    }
    let began = Instant::now();
    let refused = another.get(LIST).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(refused.error()["code"], "server_is_overloaded");
    assert_eq!(owner.get(LIST).await.status, 200, "memory still serves");
    lock.release().await;
    for deletion in deletions {
        assert_eq!(deletion.await.unwrap(), 200);
    }
    assert_eq!(another.get(LIST).await.status, 200);
}

pub async fn a_request_that_takes_too_long_is_a_503(service: TestService) {
    let limited = [
        ("MODELS__LIMITS__REQUEST_TIMEOUT", "4"),
        ("MODELS__CONSISTENCY__LEASE", "3"),
    ];
    let service = service.with_settings(&limited).await;
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("a", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let lock = service.lock().await;
    let began = Instant::now();
    let response = owner.delete("/v1/models/a").await;
    let took = began.elapsed().as_secs_f64();
    lock.release().await;
    assert_eq!(response.status, 503);
    assert!((3.9..4.9).contains(&took), "{took}");
}

pub async fn a_head_longer_than_the_limit_is_a_431(service: TestService) {
    let service = service
        .with_settings(&[("MODELS__LIMITS__HEAD_KIB", "1")])
        .await;
    let reader = reader(&service).await;
    for known in [false, true] {
        for (length, status) in [(1_000, 431), (700, 200)] {
            let response = reader
                .send("GET", LIST, &[("X-A", &"a".repeat(length))])
                .await;
            assert_eq!(response.status, status, "{known} {response:?}");
        }
        let long = format!("{LIST}?{}", "a".repeat(1_000));
        assert_eq!(reader.get(&long).await.status, 431);
    }
}

pub async fn an_idle_connection_is_closed(service: TestService) {
    let limited = [
        ("MODELS__LIMITS__IDLE_TIMEOUT", "2"),
        ("MODELS__LIMITS__HEAD_TIMEOUT", "1"),
    ];
    let service = service.with_settings(&limited).await;
    let request = format!("GET {LIST} HTTP/1.1\r\nHost: models\r\n\r\n");
    for (sent, least, most, status) in [
        (String::new(), 0.9, 2.5, "408"),
        (request.clone(), 1.5, 3.5, "401"),
        (format!("{request}GET /v1/mod"), 0.9, 3.5, "401"),
    ] {
        let began = Instant::now();
        let (response, is_closed) =
            exchange(service.address, sent.as_bytes(), Duration::from_secs(9)).await;
        let took = began.elapsed().as_secs_f64();
        assert!(
            is_closed && (least..most).contains(&took),
            "{took} {sent:?}"
        );
        let response = String::from_utf8_lossy(&response);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{response}"
        );
    }
}

pub async fn slow_readers_are_disconnected(service: TestService) {
    let service = service
        .with_settings(&[("MODELS__LIMITS__SEND_TIMEOUT", "3")])
        .await;
    let acme = service.organization("acme").await;
    let ids: Vec<String> = (0..100_000).map(|number| format!("m{number}")).collect();
    let models: Vec<_> = ids.iter().map(|id| (id.as_str(), 1)).collect();
    service.models(Some(&acme), &models).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let whole = reader.get(LIST).await.body.len();
    let token = reader.token.as_ref().unwrap();
    let request =
        format!("GET {LIST} HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {token}\r\n\r\n");
    for (pause, is_disconnected) in [(0, false), (6, true)] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        sleep(Duration::from_secs(pause)).await;
        let mut length = 0;
        let mut buffer = vec![0; 65_536];
        while length < whole {
            match timeout(Duration::from_secs(5), stream.read(&mut buffer)).await {
                Ok(Ok(read @ 1..)) => length += read,
                Ok(Ok(0) | Err(_)) => break,
                Err(elapsed) => panic!("{elapsed} after {length} of {whole}"),
            }
        }
        assert_eq!(length < whole, is_disconnected, "{length} of {whole}");
    }
}

pub async fn a_connection_beyond_the_limit_waits_for_another_to_close(service: TestService) {
    let service = service
        .with_settings(&[("MODELS__LIMITS__CONNECTIONS", "2")])
        .await;
    let open = [
        TcpStream::connect(service.address).await.unwrap(),
        TcpStream::connect(service.address).await.unwrap(),
    ];
    sleep(Duration::from_millis(200)).await;
    let address = service.address;
    let mut third = tokio::spawn(async move { send(address, "GET", LIST, &[]).await });
    let waited = timeout(Duration::from_secs(1), &mut third).await;
    assert!(waited.is_err(), "{waited:?}");
    drop(open);
    let response: Response = timeout(Duration::from_secs(5), third)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.status, 401);
}
