//! The two paths of a read: the fast path from memory, and the slow path through the handlers. Their responses are equal.

use std::io::Read;
use std::time::Duration;

use models_core::Role;

use crate::service::client::Response;
use crate::service::{TestCaller, TestService, now, origin};

/// A header that sends a read through the handlers, and changes nothing else.
const SLOW_PATH: (&str, &str) = ("Content-Length", "0");

/// The response without the headers that differ on each response.
fn lasting(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let mut headers = response.headers.clone();
    headers.retain(|(name, _)| {
        !["date", "x-request-id", "openai-processing-ms"].contains(&name.as_str())
    });
    headers.sort();
    (response.status, headers, response.body.clone())
}

pub async fn both_read_paths_respond_alike(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(
            Some(&acme),
            &[("own", 1), ("a/b", 2), ("a\"b", 3), ("模型", 4)],
        )
        .await;
    service.models(None, &[("public", 5)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let tag = reader
        .get("/v1/models")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let model_tag = reader
        .get("/v1/models/own")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let paths = [
        "/v1/models",
        "/v1/models?limit=1",
        "/v1/models/own",
        "/v1/models/own?x=%",
        "/v1/models/public",
        "/v1/models/a/b",
        "/v1/models/a%2Fb",
        "/v1/models/a%22b",
        "/v1/models/a\"b",
        "/v1/models/a\\\"b",
        "/v1/models/%E6%A8%A1%E5%9E%8B",
        "/v1/models/%6fwn",
        "/v1/models/missing",
        "/v1/models/own/",
        "/v1/models/%",
        "/v1/models/%ff",
        "/v1/models/",
        "/v1/models/..",
        "/v1/modelsown",
        "/v1/model",
        "//v1/models",
        "/v1/%6dodels",
    ];
    let headers: [&[(&str, &str)]; 15] = [
        &[],
        &[("If-None-Match", &tag)],
        &[("If-None-Match", &model_tag)],
        &[("If-None-Match", "\"x\""), ("If-None-Match", &tag)],
        &[("If-None-Match", "*")],
        &[("Accept-Encoding", "gzip, br;q=0.5")],
        &[("OpenAI-Organization", acme.slug.as_str())],
        &[
            ("OpenAI-Organization", acme.id.as_str()),
            ("OpenAI-Project", ""),
        ],
        &[("OpenAI-Organization", "other")],
        &[
            ("OpenAI-Organization", "acme"),
            ("OpenAI-Organization", "other"),
        ],
        &[("OpenAI-Project", acme.default_project.id.as_str())],
        &[("OpenAI-Project", "other")],
        &[("X-Client-Request-Id", "mine")],
        &[("X-Client-Request-Id", "ä")],
        &[("Authorization", "Bearer another")],
    ];
    let mut pairs = 0;
    for path in paths {
        for headers in headers {
            for method in ["GET", "HEAD"] {
                let fast = reader.send(method, path, headers).await;
                let slow = [headers, &[SLOW_PATH]].concat();
                let slow = reader.send(method, path, &slow).await;
                assert_eq!(
                    lasting(&fast),
                    lasting(&slow),
                    "{method} {path} {headers:?}"
                );
                pairs += 1;
            }
        }
    }
    println!("{pairs} pairs");
}

/// Requests the list until it arrives in this coding, because the service encodes it in the background.
async fn list_in(caller: &TestCaller, accepted: &str, coding: &str) -> (Response, Vec<u8>) {
    for _ in 0..500 {
        let (head, body) = caller
            .get_bytes("/v1/models", &[("Accept-Encoding", accepted)])
            .await;
        if head.header("content-encoding") == Some(coding) {
            return (head, body);
        }
        assert_eq!(head.header("content-encoding"), None, "{head:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the list was never sent in {coding}");
}

pub async fn a_list_is_sent_in_a_coding_that_the_client_accepts(service: TestService) {
    let acme = service.organization("acme").await;
    let names: Vec<String> = (0..1_000).map(|number| format!("model-{number}")).collect();
    let models: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    service.models(None, &models).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let plain = reader.get("/v1/models").await;
    assert_eq!(plain.header("content-encoding"), None);
    let mut tags = vec![plain.header("etag").unwrap().to_owned()];
    for coding in ["gzip", "br", "zstd"] {
        let (head, body) = list_in(&reader, coding, coding).await;
        let mut text = String::new();
        let read = match coding {
            "gzip" => flate2::read::GzDecoder::new(&*body).read_to_string(&mut text),
            "br" => brotli::Decompressor::new(&*body, 4096).read_to_string(&mut text),
            _ => zstd::Decoder::new(&*body)
                .unwrap()
                .read_to_string(&mut text),
        };
        assert_eq!((read.unwrap(), &text), (plain.body.len(), &plain.body));
        println!("{coding}: {} of {} bytes", body.len(), plain.body.len());
        assert!(body.len() * 5 < plain.body.len());
        let length = body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        for name in ["content-type", "cache-control", "vary", "openai-project"] {
            assert_eq!(head.header(name), plain.header(name), "{name}");
        }
        let tag = head.header("etag").unwrap().to_owned();
        let conditions = [("Accept-Encoding", coding), ("If-None-Match", tag.as_str())];
        let node = service.another_node().await;
        for caller in [&reader, &reader.at(&node)] {
            let (same, _) = caller.get_bytes("/v1/models", &conditions).await;
            assert_eq!(
                (same.status, same.header("etag")),
                (304, Some(tag.as_str()))
            );
        }
        let other = reader.send("GET", "/v1/models", &conditions[1..]).await;
        assert_eq!(
            other.status, 200,
            "a client that does not accept the coding cannot have it"
        );
        let head = reader.send("HEAD", "/v1/models", &conditions[..1]).await;
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        assert_eq!(head.header("content-encoding"), Some(coding));
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "each coding has its own validator");
    let (_, body) = list_in(&reader, "gzip;q=0.5, br;q=0.1", "gzip").await;
    assert!(!body.is_empty());
    let (model, _) = reader
        .get_bytes("/v1/models/model-1", &[("Accept-Encoding", "gzip")])
        .await;
    assert_eq!(model.header("content-encoding"), None);
    service.models(None, &[("new", 2)]).await;
    let (changed, _) = reader
        .get_bytes("/v1/models", &[("Accept-Encoding", "gzip")])
        .await;
    assert!(!tags.contains(&changed.header("etag").unwrap().to_owned()));
}

pub async fn last_uses_of_keys_are_recorded_when_the_node_stops(mut service: TestService) {
    let acme = service.organization("acme").await;
    let used = service.caller(&acme, Role::Reader).await;
    let revoked = service.caller(&acme, Role::Owner).await;
    let unused = service.caller(&acme, Role::Reader).await;
    let before = now();
    for caller in [&used, &revoked] {
        for _ in 0..2 {
            assert_eq!(caller.get("/v1/models").await.status, 200);
        }
    }
    let id = |caller: &TestCaller| caller.key.as_ref().unwrap().id.clone();
    let keys = service.store.api_keys.clone();
    keys.revoke(&id(&revoked), origin()).await.unwrap();
    let revision = service.store.events.revision().await.unwrap();
    service.stop().await;
    for listed in keys.list(None).await.unwrap() {
        let is_used = listed.key.id != id(&unused);
        assert_eq!(
            listed
                .last_used_at
                .is_some_and(|at| at.seconds() + 1 >= before.seconds()),
            is_used,
            "{listed:?}"
        );
    }
    assert_eq!(service.store.events.revision().await.unwrap(), revision);
}
