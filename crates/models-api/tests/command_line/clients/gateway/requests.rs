//! The gateway's treatment of requests.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::haproxy::{NODES, TIMEOUT, send};
use super::recorder::{DROPPED, Recorded};

#[test]
fn the_gateway_keeps_the_path_and_replaces_identity_headers() {
    let recorded = Recorded::start();
    for path in [
        "/v1/models/vendor%2Fmodel",
        "/v1/models/vendor/model",
        "/v1/models/a%2f..%2Fb//c/./d?limit=%32",
        "/v1/models/%E2%82%AC%00",
    ] {
        let response = recorded.gateway.get(
            path,
            "Authorization: Bearer sk-1\r\nX-Request-Id: mine\r\nX-Forwarded-For: 192.0.2.1\r\n\
            X-Forwarded-User: root\r\nX-Forwarded-Email: root@example.com\r\nx-forwarded-groups: owners\r\nX-REMOTE-USER: root\r\n",
        );
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        let heads = recorded.heads(path);
        let [head] = &heads[..] else {
            panic!("{path}: {heads:?}")
        };
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some(format!("GET {path} HTTP/1.1").as_str()));
        let headers: Vec<(String, &str)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        let values = |name: &str| -> Vec<&str> {
            let named = headers.iter().filter(|(other, _)| other == name);
            named.map(|(_, value)| *value).collect()
        };
        assert_eq!(values("authorization"), ["Bearer sk-1"]);
        assert_eq!(values("x-forwarded-for"), ["127.0.0.1"]);
        for gone in [
            "x-forwarded-user",
            "x-forwarded-email",
            "x-forwarded-groups",
            "x-remote-user",
        ] {
            assert!(values(gone).is_empty(), "{head}");
        }
        let ids = values("x-request-id");
        let [id] = ids[..] else { panic!("{head}") };
        assert!(id.len() > 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[test]
fn a_dropped_read_is_retried_on_other_nodes_and_a_deletion_is_not() {
    let recorded = Recorded::start();
    for (method, tries) in [("GET", 4), ("HEAD", 4), ("DELETE", 1), ("POST", 1)] {
        let path = format!("{DROPPED}/{method}");
        let response = recorded.gateway.request(method, &path, "");
        assert!(response.starts_with("HTTP/1.1 502"), "{method}: {response}");
        let counts = recorded.heads_of_each(&path).map(|heads| heads.len());
        assert_eq!(counts.iter().sum::<usize>(), tries, "{method}: {counts:?}");
        let nodes = counts.iter().filter(|count| **count > 0).count();
        assert_eq!(nodes, tries.min(NODES), "{method}: {counts:?}");
    }
}

#[test]
fn a_slow_head_or_body_is_a_408_and_reaches_no_node() {
    let recorded = Recorded::start();
    let began = Instant::now();
    thread::scope(|scope| {
        for (name, bytes) in [
            ("head", "DELETE /slow HTTP/1.1\r\nHost: mod"),
            (
                "body",
                "DELETE /slow HTTP/1.1\r\nHost: models\r\nContent-Length: 9\r\n\r\nab",
            ),
            (
                "chunks",
                "DELETE /slow HTTP/1.1\r\nHost: models\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            ),
        ] {
            let gateway = &recorded.gateway;
            scope.spawn(move || {
                let response = send(&gateway.address, bytes);
                assert!(response.starts_with("HTTP/1.1 408"), "{name}: {response}");
                let after = began.elapsed();
                assert!(
                    after + Duration::from_secs(1) >= TIMEOUT,
                    "{name}: {after:?}"
                );
            });
        }
    });
    assert!(recorded.heads("/slow").is_empty());
}

#[test]
fn live_nodes_get_the_requests_while_no_node_is_ready() {
    let recorded = Recorded::start();
    for recorder in &recorded.recorders {
        recorder.is_unready.store(true, Ordering::Release);
    }
    recorded.recorders[0].is_dead.store(true, Ordering::Release);
    // The gateway removes a server after two failed checks, one a second. No request fails before or after.
    let deadline = Instant::now() + TIMEOUT;
    let mut rounds = 0;
    let path = |round: u32| format!("/alive/{round}");
    let counts = |round| {
        recorded
            .heads_of_each(&path(round))
            .map(|heads| heads.len())
    };
    while Instant::now() < deadline {
        for _ in 0..2 * NODES {
            let response = recorded.gateway.get(&path(rounds), "");
            assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        }
        rounds += 1;
        thread::sleep(Duration::from_millis(100));
    }
    let [dead, alive @ ..] = counts(rounds - 1);
    assert_eq!(dead, 0, "a dead node gets requests");
    assert!(alive.iter().all(|times| *times > 0), "{alive:?}");
    // The first ready node gets all requests.
    recorded.recorders[1]
        .is_unready
        .store(false, Ordering::Release);
    let deadline = Instant::now() + TIMEOUT;
    loop {
        rounds += 1;
        for _ in 0..2 * NODES {
            let response = recorded.gateway.get(&path(rounds), "");
            assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        }
        if counts(rounds) == [0, 2 * NODES, 0] {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", counts(rounds));
        thread::sleep(Duration::from_millis(100));
    }
}
