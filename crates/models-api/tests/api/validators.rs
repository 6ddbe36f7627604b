use models_core::Role;

use crate::http::Answer;
use crate::service::TestService;

fn etag(answer: &Answer) -> String {
    let etag = answer.header("etag").unwrap();
    let digits = etag.trim_matches('"');
    assert!(
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{etag}"
    );
    etag.to_owned()
}

pub async fn what_a_client_has_already_is_not_sent_again(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1), ("b", 2)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    for path in ["/v1/models", "/v1/models/a"] {
        let whole = caller.get(path).await;
        let tag = etag(&whole);
        for (condition, status) in [
            (tag.clone(), 304),
            (format!("\"x\", W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"x\"".to_owned(), 200),
        ] {
            for method in ["GET", "HEAD"] {
                let answer = caller
                    .send(method, path, &[("If-None-Match", &condition)])
                    .await;
                assert_eq!(answer.status, status, "{method} {path} {condition}");
                assert_eq!(answer.header("etag"), Some(tag.as_str()));
                for name in [
                    "cache-control",
                    "vary",
                    "openai-organization",
                    "openai-version",
                ] {
                    assert_eq!(answer.header(name), whole.header(name), "{name}");
                }
                assert!(status == 200 || answer.body.is_empty(), "{answer:?}");
            }
        }
    }
    let refused = service
        .anonymous()
        .send("GET", "/v1/models", &[("If-None-Match", "*")])
        .await;
    assert_eq!(refused.status, 401, "a condition is no credential");
    let missing = caller
        .send("GET", "/v1/models/missing", &[("If-None-Match", "*")])
        .await;
    assert_eq!((missing.status, missing.header("etag")), (404, None));
}

pub async fn validators_are_the_contents_alone_on_every_node(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("a", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let stranger = service.caller(&other, Role::Owner).await;
    let (list, model) = (
        etag(&caller.get("/v1/models").await),
        etag(&caller.get("/v1/models/a").await),
    );
    assert_ne!(list, model);
    let node = service.another_node().await;
    for answer in [
        caller.at(&node).get("/v1/models").await,
        stranger.get("/v1/models").await,
    ] {
        assert_eq!(etag(&answer), list, "they see the same");
    }
    service.models(Some(&other), &[("own", 2)]).await;
    assert_eq!(
        etag(&caller.get("/v1/models").await),
        list,
        "another tenant's model changes nothing"
    );
    assert_ne!(etag(&stranger.get("/v1/models").await), list);
    service.models(None, &[("a", 2)]).await;
    assert_ne!(etag(&caller.get("/v1/models").await), list);
    assert_ne!(etag(&caller.get("/v1/models/a").await), model);
}

pub async fn a_long_list_arrives_whole(service: TestService) {
    let acme = service.organization("acme").await;
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("vendor/a-rather-long-model-name-{number}"))
        .collect();
    let models: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    service.models(None, &models).await;
    let answer = service
        .caller(&acme, Role::Reader)
        .await
        .get("/v1/models")
        .await;
    assert!(answer.body.len() > 4 * 64 * 1024);
    assert_eq!(
        answer.header("content-length"),
        Some(answer.body.len().to_string().as_str())
    );
    assert_eq!(answer.json()["data"].as_array().unwrap().len(), 3_000);
}
