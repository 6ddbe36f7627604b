//! The gateways and the places of keys.

use std::os::unix::fs::PermissionsExt;

use models_core::Role;

use super::{Gateway, with_listener};
use crate::service::TestService;
use crate::service::client::send;

pub async fn only_gateways_send_authorization_requests(service: TestService) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "a secret of the gateway\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.to_str().unwrap();
    let with_secret =
        with_listener(&service, &[("MODELS__AUTHORIZATION__SECRET_FILE", file)]).await;
    let elsewhere = with_listener(
        &service,
        &[("MODELS__AUTHORIZATION__ALLOWED_CLIENTS", "10.0.0.0/8")],
    )
    .await;
    for (service, secrets) in [
        (
            &with_secret,
            &[
                (Some("a secret of the gateway"), 200),
                (Some("another secret"), 403),
                (None, 403),
            ][..],
        ),
        (&elsewhere, &[(None, 403)]),
    ] {
        let acme = service.organization("acme").await;
        service.models(None, &[("known", 1)]).await;
        let caller = service.caller(&acme, Role::Reader).await;
        let gateway = Gateway::of(service, &caller);
        // The second time, the session and the view are in memory.
        for (secret, status) in secrets.iter().chain(secrets) {
            let secret = secret.map(|secret| ("X-Models-Secret", secret));
            let headers: Vec<_> = secret.into_iter().collect();
            let response = gateway.authorize("GET", "/v1/models/known", &headers).await;
            assert_eq!(response.status, *status, "{secret:?}");
        }
    }
}

pub async fn the_listener_has_the_routes_of_gateways_alone(service: TestService) {
    assert_eq!(service.authorization, None);
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    let caller = service.caller(&acme, Role::Owner).await;
    let bearer = format!("Bearer {}", caller.token.as_ref().unwrap());
    let bearer = [("Authorization", bearer.as_str())];
    let gateways = service.authorization.unwrap();
    for path in [
        "/v1/models",
        "/v1/models/a",
        "/",
        "/v1/organization/projects",
        "/metrics",
    ] {
        assert_eq!(
            send(gateways, "GET", path, &bearer).await.status,
            404,
            "{path}"
        );
    }
    for path in [
        "/v1/authorize",
        "/v1/authorize/v1/models",
        "/v1/authorized-models",
    ] {
        assert_eq!(
            send(service.address, "GET", path, &bearer).await.status,
            404,
            "{path}"
        );
    }
}

pub async fn a_key_may_be_in_the_place_of_another_provider(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("known", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let key = caller.token.as_deref().unwrap();
    let bearer = format!("Bearer {key}");
    let gateways = service.authorization.unwrap();
    let admin = service.admin(&acme).await;
    let admin = admin.token.as_deref().unwrap();
    for (headers, status) in [
        (vec![("x-api-key", key)], 200),
        (vec![("x-goog-api-key", key)], 200),
        (vec![("api-key", key)], 200),
        (
            vec![("api-key", key), ("Authorization", bearer.as_str())],
            200,
        ),
        (
            vec![
                ("api-key", "sk-mdl-other"),
                ("Authorization", bearer.as_str()),
            ],
            401,
        ),
        (vec![], 401),
    ] {
        for (address, path) in [
            (service.address, "/v1/models/known"),
            (service.address, "/v1/models"),
            (gateways, "/v1/authorize/v1/models/known"),
        ] {
            let response = send(address, "GET", path, &headers).await;
            assert_eq!(response.status, status, "{path} {headers:?}");
        }
    }
    // Administration takes `Authorization` alone.
    let projects = send(
        service.address,
        "GET",
        "/v1/organization/projects",
        &[("x-api-key", admin)],
    )
    .await;
    assert_eq!(projects.status, 401);
    for (rest, status) in [
        (
            format!("/v1beta/models/known:generateContent?key={key}"),
            200,
        ),
        (
            format!("/v1beta/models/known:generateContent?key={key}&key=x"),
            401,
        ),
        (format!("/v1/embeddings?key={key}"), 401),
    ] {
        let response = send(gateways, "POST", &format!("/v1/authorize{rest}"), &[]).await;
        assert_eq!(response.status, status, "{rest}");
    }
    let bearer_alone = service
        .with_settings(&[("MODELS__SERVER__CREDENTIALS", "authorization")])
        .await;
    let acme = bearer_alone.organization("acme").await;
    let caller = bearer_alone.caller(&acme, Role::Reader).await;
    let key = caller.token.as_deref().unwrap();
    assert_eq!(
        send(
            bearer_alone.address,
            "GET",
            "/v1/models",
            &[("x-api-key", key)]
        )
        .await
        .status,
        401
    );
    assert_eq!(
        caller
            .send("GET", "/v1/models", &[("x-api-key", "of the gateway")])
            .await
            .status,
        200
    );
}
