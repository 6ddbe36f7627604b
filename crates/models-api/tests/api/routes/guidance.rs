//! The hints for a client with a wrong address, method or setting.

use models_core::Role;

use crate::service::TestService;
use crate::service::client::{Response, send};

pub async fn the_root_describes_the_service(service: TestService) {
    let nobody = service.anonymous();
    let for_programs = nobody.get("/").await;
    assert_eq!(for_programs.status, 200);
    let body = for_programs.json();
    let description = body["description"].as_str().unwrap();
    assert!(description.contains("does not forward inference"), "{body}");
    assert_eq!(body["models"], "/v1/models");
    let health = body["health"].as_str().unwrap();
    assert!(health.contains("/health/ready"), "{body}");
    assert!(body["documentation"].is_string());

    let browser = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let page = nobody.send("GET", "/", &browser).await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.body.contains("does not forward inference"));
    let head = nobody.send("HEAD", "/", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let posted = nobody.send("POST", "/", &[]).await;
    assert_eq!(
        (posted.status, posted.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

pub async fn the_operations_listener_has_an_index_and_refuses_other_methods(service: TestService) {
    let request = async |method: &str, path: &str| -> Response {
        send(service.operations, method, path, &[]).await
    };
    let index = request("GET", "/").await.json();
    for name in ["live", "ready", "metrics"] {
        let path = index[name].as_str().unwrap();
        assert_eq!(request("GET", path).await.status, 200, "{path}");
        let head = request("HEAD", path).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        for method in ["POST", "PUT", "DELETE"] {
            let refused = request(method, path).await;
            assert_eq!(
                (refused.status, refused.header("allow")),
                (405, Some("GET, HEAD")),
                "{method} {path}"
            );
        }
    }
    let missing = request("GET", "/v1/models").await;
    assert_eq!(missing.status, 404);
    assert!(!missing.body.is_empty());
}

pub async fn an_unknown_path_has_a_hint(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    for path in [
        "/models",
        "/models/a",
        "/v1/v1/models",
        "/v1//models",
        "/openai/v1/models",
    ] {
        for caller in [&reader, &service.anonymous()] {
            let response = caller.get(path).await;
            let message = response.error()["message"].as_str().unwrap().to_owned();
            assert_eq!(response.status, 404);
            assert!(
                message.starts_with(&format!("Invalid URL (GET {path})"))
                    && message.contains("/v1/models"),
                "{message}"
            );
        }
    }
    let chat = reader.send("POST", "/v1/chat/completions", &[]).await;
    let message = chat.error()["message"].to_string();
    assert!(message.contains("does not forward inference"), "{message}");
}

pub async fn a_refused_head_and_a_refused_browser_learn_the_setting(service: TestService) {
    let reader = service.anonymous();
    let options = reader.send("OPTIONS", "/v1/models", &[]).await;
    assert_eq!(options.status, 405);
    let message = options.error()["message"].to_string();
    assert!(message.contains("`server.cors_origins`"), "{message}");

    let long = "a".repeat(20_000);
    let large = reader.send("GET", "/v1/models", &[("X-A", &long)]).await;
    let names: Vec<String> = (0..97).map(|number| format!("X-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let many = reader.send("GET", "/v1/models", &many).await;
    for response in [large, many] {
        assert_eq!(response.status, 431);
        let message = response.error()["message"].to_string();
        assert!(
            message.contains("`limits.head_kib`") && message.contains("96 headers"),
            "{message}"
        );
    }
}

pub async fn pages_of_extensions_and_applications_can_be_allowed(service: TestService) {
    let origins = "HTTPS://App.Example:443, chrome-extension://abcdef, tauri://localhost, null";
    let service = service
        .with_settings(&[("MODELS__SERVER__CORS_ORIGINS", origins)])
        .await;
    for origin in [
        "https://app.example",
        "chrome-extension://abcdef",
        "tauri://localhost",
        "null",
    ] {
        let response = service
            .anonymous()
            .send("GET", "/v1/models", &[("Origin", origin)])
            .await;
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(origin),
            "{response:?}"
        );
    }
}
