//! What becomes of a request between a client and a node.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::haproxy::{NODES, PATIENCE, send};
use super::recorder::{DROPPED, Recorded};

#[test]
fn a_path_goes_on_as_it_came_and_what_a_client_says_of_itself_does_not() {
    let recorded = Recorded::start();
    for path in [
        "/v1/models/vendor%2Fmodel",
        "/v1/models/vendor/model",
        "/v1/models/a%2f..%2Fb//c/./d?limit=%32",
        "/v1/models/%E2%82%AC%00",
    ] {
        let answer = recorded.gateway.get(
            path,
            "Authorization: Bearer sk-1\r\nX-Request-Id: mine\r\nX-Forwarded-For: 192.0.2.1\r\n\
            X-Forwarded-User: root\r\nX-Forwarded-Email: root@example.com\r\nx-forwarded-groups: owners\r\nX-REMOTE-USER: root\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
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
fn what_a_node_drops_is_asked_of_the_others_but_for_a_deletion() {
    let recorded = Recorded::start();
    for (method, tries) in [("GET", 4), ("HEAD", 4), ("DELETE", 1), ("POST", 1)] {
        let path = format!("{DROPPED}/{method}");
        let answer = recorded.gateway.ask(method, &path, "");
        assert!(answer.starts_with("HTTP/1.1 502"), "{method}: {answer}");
        let asked = recorded.heads_of_each(&path).map(|heads| heads.len());
        assert_eq!(asked.iter().sum::<usize>(), tries, "{method}: {asked:?}");
        let nodes = asked.iter().filter(|times| **times > 0).count();
        assert_eq!(nodes, tries.min(NODES), "{method}: {asked:?}");
    }
}

#[test]
fn a_head_or_a_body_that_is_too_slow_is_told_so_and_comes_to_no_node() {
    let recorded = Recorded::start();
    let begun = Instant::now();
    thread::scope(|scope| {
        for (what, bytes) in [
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
                let answer = send(&gateway.address, bytes);
                assert!(answer.starts_with("HTTP/1.1 408"), "{what}: {answer}");
                let after = begun.elapsed();
                assert!(
                    after + Duration::from_secs(1) >= PATIENCE,
                    "{what}: {after:?}"
                );
            });
        }
    });
    assert!(recorded.heads("/slow").is_empty());
}

#[test]
fn nodes_that_are_alive_get_the_requests_while_no_node_is_ready() {
    let recorded = Recorded::start();
    for recorder in &recorded.recorders {
        recorder.is_unready.store(true, Ordering::Release);
    }
    recorded.recorders[0].is_dead.store(true, Ordering::Release);
    // A server is taken out after two checks, one a second. Nobody is refused, before or after.
    let deadline = Instant::now() + PATIENCE;
    let mut rounds = 0;
    let path = |round: u32| format!("/alive/{round}");
    let asked = |round| {
        recorded
            .heads_of_each(&path(round))
            .map(|heads| heads.len())
    };
    while Instant::now() < deadline {
        for _ in 0..2 * NODES {
            let answer = recorded.gateway.get(&path(rounds), "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        rounds += 1;
        thread::sleep(Duration::from_millis(100));
    }
    let [dead, alive @ ..] = asked(rounds - 1);
    assert_eq!(dead, 0, "a node that is not alive is asked");
    assert!(alive.iter().all(|times| *times > 0), "{alive:?}");
    // The first that is ready gets all of them.
    recorded.recorders[1]
        .is_unready
        .store(false, Ordering::Release);
    let deadline = Instant::now() + PATIENCE;
    loop {
        rounds += 1;
        for _ in 0..2 * NODES {
            let answer = recorded.gateway.get(&path(rounds), "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        if asked(rounds) == [0, 2 * NODES, 0] {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", asked(rounds));
        thread::sleep(Duration::from_millis(100));
    }
}
