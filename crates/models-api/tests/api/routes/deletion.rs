use models_core::Role;
use serde_json::json;

use crate::service::TestService;

pub async fn an_owner_deletes_a_model_of_its_organization(service: TestService) {
    let acme = service.organization("acme").await;
    let id = "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd";
    service.models(Some(&acme), &[(id, 1), ("other", 2)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let path = format!("/v1/models/{}", id.replace(':', "%3A"));

    let response = owner.delete(&path).await;
    assert_eq!(response.status, 200);
    assert_eq!(
        response.body,
        format!(r#"{{"id":"{id}","object":"model","deleted":true}}"#)
    );
    assert_eq!(owner.get(&path).await.status, 404);
    assert_eq!(owner.delete(&path).await.status, 404);
    assert_eq!(
        owner.get("/v1/models").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

pub async fn refusals_follow_the_order_of_the_contract(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("public", 1)]).await;
    service.models(Some(&acme), &[("own", 1)]).await;
    service.models(Some(&other), &[("foreign", 1)]).await;
    let mismatch = [("OpenAI-Organization", other.id.as_str())];
    for role in [Role::Reader, Role::Writer] {
        let caller = service.caller(&acme, role).await;
        for id in ["public", "own", "foreign", "missing", "%ff"] {
            let path = format!("/v1/models/{id}");
            assert_eq!(service.anonymous().delete(&path).await.status, 401);
            let mismatched = caller.send("DELETE", &path, &mismatch).await;
            assert_eq!(
                (mismatched.status, mismatched.error()["code"].clone()),
                (401, json!("mismatched_organization"))
            );
            assert_eq!(
                caller.delete(&path).await.status,
                403,
                "the role comes before the id: {role} {id}"
            );
        }
    }
    let owner = service.caller(&acme, Role::Owner).await;
    for (id, status) in [
        ("public", 403),
        ("foreign", 404),
        ("missing", 404),
        ("%ff", 404),
    ] {
        assert_eq!(
            owner.delete(&format!("/v1/models/{id}")).await.status,
            status,
            "{id}"
        );
    }
    let refused = owner.delete("/v1/models/public").await.error();
    let message = refused["message"].as_str().unwrap();
    let expected = "You have insufficient permissions for this operation. Missing scopes: api.delete. Check that you \
        have the correct role in your organization (Reader, Writer, Owner)";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(
        owner.get("/v1/models").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

pub async fn an_empty_id_neither_lists_nor_deletes(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    for method in ["GET", "DELETE", "POST"] {
        let response = owner.send(method, "/v1/models/", &[]).await;
        assert_eq!(response.status, 404);
        assert_eq!(
            response.error()["message"],
            format!("Invalid URL ({method} /v1/models/)")
        );
    }
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
}

pub async fn deleting_an_own_model_reveals_the_public_one_with_the_same_id(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("both", 1)]).await;
    service.models(Some(&acme), &[("both", 2)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.get("/v1/models/both").await.json()["created"], 2);
    assert_eq!(owner.delete("/v1/models/both").await.status, 200);
    assert_eq!(owner.get("/v1/models/both").await.json()["created"], 1);
    assert_eq!(owner.delete("/v1/models/both").await.status, 403);
}

pub async fn a_repeated_deletion_succeeds_again_on_any_node(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let colleague = service.caller(&acme, Role::Owner).await;
    let first = owner.delete("/v1/models/own").await;
    for (caller, count, status) in [
        (&owner, "1", 200),
        (&owner, "2", 200),
        (&owner, "0", 404),
        (&owner, "x", 404),
        (&owner, "-1", 404),
        (&colleague, "1", 404),
    ] {
        let again = caller
            .send(
                "DELETE",
                "/v1/models/own",
                &[("X-Stainless-Retry-Count", count)],
            )
            .await;
        assert_eq!(again.status, status, "{count}");
        assert!(status != 200 || again.body == first.body, "{again:?}");
    }
    let node = service.another_node().await;
    let elsewhere = owner.at(&node);
    let again = elsewhere
        .send(
            "DELETE",
            "/v1/models/own",
            &[("X-Stainless-Retry-Count", "1")],
        )
        .await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let never = owner
        .send(
            "DELETE",
            "/v1/models/never",
            &[("X-Stainless-Retry-Count", "1")],
        )
        .await;
    assert_eq!(never.status, 404);
    assert_eq!(owner.get("/v1/models/own").await.status, 404);
}
