use models_core::Role;

use crate::service::TestService;
use crate::service::client::Response;

fn etag(response: &Response) -> String {
    let etag = response.header("etag").unwrap();
    let digits = etag.trim_matches('"');
    assert!(
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{etag}"
    );
    etag.to_owned()
}

pub async fn a_representation_that_the_client_has_is_not_sent_again(service: TestService) {
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
                let response = caller
                    .send(method, path, &[("If-None-Match", &condition)])
                    .await;
                assert_eq!(response.status, status, "{method} {path} {condition}");
                assert_eq!(response.header("etag"), Some(tag.as_str()));
                for name in [
                    "cache-control",
                    "vary",
                    "openai-organization",
                    "openai-version",
                ] {
                    assert_eq!(response.header(name), whole.header(name), "{name}");
                }
                assert!(status == 200 || response.body.is_empty(), "{response:?}");
            }
        }
    }
    let refused = service
        .anonymous()
        .send("GET", "/v1/models", &[("If-None-Match", "*")])
        .await;
    assert_eq!(
        refused.status, 401,
        "a condition does not replace a credential"
    );
    let missing = caller
        .send("GET", "/v1/models/missing", &[("If-None-Match", "*")])
        .await;
    assert_eq!((missing.status, missing.header("etag")), (404, None));
}

pub async fn validators_depend_on_content_alone_on_every_node(service: TestService) {
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
    for response in [
        caller.at(&node).get("/v1/models").await,
        stranger.get("/v1/models").await,
    ] {
        assert_eq!(etag(&response), list, "both callers see the same models");
    }
    service.models(Some(&other), &[("own", 2)]).await;
    assert_eq!(
        etag(&caller.get("/v1/models").await),
        list,
        "another tenant's model does not change the validator"
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
    let response = service
        .caller(&acme, Role::Reader)
        .await
        .get("/v1/models")
        .await;
    assert!(response.body.len() > 4 * 64 * 1024);
    assert_eq!(
        response.header("content-length"),
        Some(response.body.len().to_string().as_str())
    );
    assert_eq!(response.json()["data"].as_array().unwrap().len(), 3_000);
}
