//! Two organizations try to see, change and page into each other's objects.

use serde_json::{Value, json};

use super::{ADMIN_KEYS, PROJECTS, account, ids, project};
use crate::service::{TestCaller, TestService};

/// Replaces the ids in a response that only repeats the path of its request.
fn without(response: &str, id: &str) -> String {
    response.replace(id, "ID")
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// Every object of the organization, as its administrator sees it.
async fn snapshot(admin: &TestCaller, project: &str) -> Vec<Value> {
    let mut all = vec![];
    for path in [
        ADMIN_KEYS.to_owned(),
        format!("{PROJECTS}?include_archived=true"),
        format!("{project}/service_accounts"),
        format!("{project}/api_keys"),
        format!("{project}/model_permissions"),
    ] {
        all.push(admin.get(&path).await.json());
    }
    all
}

pub async fn a_foreign_object_responds_like_a_missing_one(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (victim, attacker) = (service.admin(&acme).await, service.admin(&other).await);
    let path = project(&victim, "secret").await;
    let own = project(&attacker, "own").await;
    let made = account(&victim, &path).await;
    let admin_key = format!("{ADMIN_KEYS}/{}", victim.admin_key.as_ref().unwrap().id);
    let before = snapshot(&victim, &path).await;
    let (account_id, key_id) = (last(&made.path), last(&made.key_path));

    let policy = json!({"mode": "allow_list", "model_ids": []});
    let name = json!({"name": "stolen"});
    let requests = [
        ("GET", admin_key.clone(), None),
        ("DELETE", admin_key, None),
        ("GET", path.clone(), None),
        ("POST", path.clone(), Some(name.clone())),
        ("POST", path.clone(), Some(json!({}))),
        ("POST", format!("{path}/archive"), None),
        ("GET", format!("{path}/api_keys"), None),
        (
            "GET",
            format!("{path}/api_keys?owner_project_access=inactive"),
            None,
        ),
        ("GET", made.key_path.clone(), None),
        ("POST", made.key_path.clone(), Some(json!({"scopes": []}))),
        ("DELETE", made.key_path.clone(), None),
        ("GET", format!("{own}/api_keys/{key_id}"), None),
        (
            "POST",
            format!("{own}/api_keys/{key_id}"),
            Some(json!({"scopes": []})),
        ),
        ("DELETE", format!("{own}/api_keys/{key_id}"), None),
        ("GET", format!("{path}/service_accounts"), None),
        (
            "POST",
            format!("{path}/service_accounts"),
            Some(name.clone()),
        ),
        ("GET", made.path.clone(), None),
        ("POST", made.path.clone(), Some(name.clone())),
        ("DELETE", made.path.clone(), None),
        ("POST", format!("{}/api_keys", made.path), Some(json!({}))),
        ("GET", format!("{own}/service_accounts/{account_id}"), None),
        (
            "POST",
            format!("{own}/service_accounts/{account_id}"),
            Some(name),
        ),
        (
            "DELETE",
            format!("{own}/service_accounts/{account_id}"),
            None,
        ),
        (
            "POST",
            format!("{own}/service_accounts/{account_id}/api_keys"),
            Some(json!({})),
        ),
        ("GET", format!("{path}/model_permissions"), None),
        ("POST", format!("{path}/model_permissions"), Some(policy)),
        ("DELETE", format!("{path}/model_permissions"), None),
    ];
    let ids = [
        last(&path),
        account_id,
        key_id,
        victim.admin_key.as_ref().unwrap().id.as_str(),
    ];
    for (method, path, body) in requests {
        let send = async |path: &str| match &body {
            Some(body) => attacker.post(path, body).await,
            None => attacker.send(method, path, &[]).await,
        };
        let foreign = send(&path).await;
        assert_eq!(foreign.status, 404, "{method} {path}: {foreign:?}");
        foreign.error();
        // The same request for ids that nothing has.
        let mut missing_path = path.clone();
        let mut expected = foreign.body.clone();
        for id in ids {
            let missing: String = id.chars().rev().collect();
            missing_path = missing_path.replace(id, &missing);
            expected = without(&expected, id);
        }
        let mut missing = send(&missing_path).await.body;
        for id in ids {
            missing = without(&missing, &id.chars().rev().collect::<String>());
        }
        assert_eq!(missing, expected, "{method} {path}");
    }
    assert_eq!(snapshot(&victim, &path).await, before);
    assert_eq!(made.key.get("/v1/models").await.status, 200);
}

pub async fn a_foreign_cursor_is_an_empty_page(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (one, two) = (service.admin(&acme).await, service.admin(&other).await);
    let (first, second) = (project(&one, "a").await, project(&two, "b").await);
    let sibling = project(&two, "c").await;
    for path in [&second, &sibling] {
        account(&two, path).await;
        account(&two, path).await;
    }
    account(&one, &first).await;
    let of_one = |path: &str| path.replace(&second, &first);
    for path in [
        PROJECTS.to_owned(),
        ADMIN_KEYS.to_owned(),
        format!("{second}/service_accounts"),
        format!("{second}/api_keys"),
    ] {
        let mut foreign = ids(&one.get(&of_one(&path)).await.json());
        if path.starts_with(&second) {
            // A cursor from another project of the same organization.
            foreign.extend(ids(&two.get(&path.replace(&second, &sibling)).await.json()));
        }
        assert!(!foreign.is_empty());
        for id in foreign {
            let page = two.get(&format!("{path}?after={id}")).await.json();
            assert_eq!(page["data"], json!([]), "{path} {id}");
        }
    }
}
