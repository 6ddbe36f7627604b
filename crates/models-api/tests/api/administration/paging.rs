//! The pages of lists.

use std::collections::BTreeSet;

use serde_json::json;

use super::{ADMIN_KEYS, PROJECTS, account, assert_error, ids, project};
use crate::service::{TestCaller, TestService};

async fn walk(admin: &TestCaller, path: &str, limit: usize) -> Vec<String> {
    walk_with(admin, path, limit, "").await
}

/// Reads the list page after page, as an SDK does.
async fn walk_with(admin: &TestCaller, path: &str, limit: usize, query: &str) -> Vec<String> {
    let (mut all, mut after) = (vec![], String::new());
    loop {
        let page = admin
            .get(&format!("{path}?limit={limit}{query}{after}"))
            .await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        let found = ids(&page);
        assert_eq!(page["first_id"], json!(found.first()));
        assert_eq!(page["last_id"], json!(found.last()));
        all.extend(found);
        if page["has_more"] == json!(false) {
            return all;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
}

pub async fn pages_return_each_object_once_and_in_order(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = project(&admin, "zero").await;
    for number in 0..4 {
        project(&admin, &format!("project {number}")).await;
        account(&admin, &path).await;
        admin.post(ADMIN_KEYS, &json!({"name": "more"})).await;
    }
    let (accounts, keys) = (
        format!("{path}/service_accounts"),
        format!("{path}/api_keys"),
    );
    for (path, count) in [(PROJECTS, 6), (ADMIN_KEYS, 5), (&accounts, 4), (&keys, 4)] {
        let whole = ids(&admin.get(path).await.json());
        assert_eq!(whole.len(), count, "{path}");
        for limit in 1..=count + 1 {
            assert_eq!(walk(&admin, path, limit).await, whole, "{path} {limit}");
        }
        // Zero is the default limit.
        assert_eq!(
            ids(&admin.get(&format!("{path}?limit=0")).await.json()),
            whole
        );
        let empty = json!({
            "object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false,
        });
        for after in ["unknown", "", "%FF"] {
            let page = admin.get(&format!("{path}?after={after}")).await;
            assert_eq!(page.json(), empty, "{path} {after}");
        }
        for limit in ["101", "-1", "x"] {
            let page = admin.get(&format!("{path}?limit={limit}")).await;
            assert_error(&page, 400, Some("limit"));
        }
    }
    let mut newest_first = ids(&admin.get(&format!("{ADMIN_KEYS}?order=desc")).await.json());
    newest_first.reverse();
    assert_eq!(newest_first, ids(&admin.get(ADMIN_KEYS).await.json()));
}

/// Clients add objects to the list with this path, and remove some of them.
async fn change(admin: TestCaller, path: String, project: String) {
    for number in 0..7 {
        let body = json!({"name": format!("later {number}")});
        // A key of a project is made with its account.
        let target = path.replace("/api_keys", "/service_accounts");
        let created = admin.post(&target, &body).await;
        assert_eq!(created.status, 200, "{created:?}");
        if number % 3 > 0 {
            continue;
        }
        let created = created.json();
        let id = created["id"].as_str().unwrap();
        let removed = if path == PROJECTS {
            admin
                .send("POST", &format!("{PROJECTS}/{id}/archive"), &[])
                .await
        } else if path.ends_with("/api_keys") {
            let id = created["api_key"]["id"].as_str().unwrap();
            admin.delete(&format!("{project}/api_keys/{id}")).await
        } else {
            admin.delete(&format!("{path}/{id}")).await
        };
        assert_eq!(removed.status, 200, "{removed:?}");
    }
}

pub async fn pages_return_each_object_once_under_concurrent_changes(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = project(&admin, "zero").await;
    for number in 0..5 {
        project(&admin, &format!("project {number}")).await;
        account(&admin, &path).await;
        admin.post(ADMIN_KEYS, &json!({"name": "more"})).await;
    }
    let (accounts, keys) = (
        format!("{path}/service_accounts"),
        format!("{path}/api_keys"),
    );
    for (list, query) in [
        (PROJECTS, ""),
        (PROJECTS, "&include_archived=true"),
        (ADMIN_KEYS, ""),
        (ADMIN_KEYS, "&order=desc"),
        (&accounts, ""),
        (&keys, ""),
    ] {
        let before: BTreeSet<String> = walk_with(&admin, list, 100, query)
            .await
            .into_iter()
            .collect();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let admin = admin.at(&service);
                tokio::spawn(change(admin, list.to_owned(), path.clone()))
            })
            .collect();
        let mut walks = 0;
        while walks < 3 || writers.iter().any(|writer| !writer.is_finished()) {
            let walked = walk_with(&admin, list, 3, query).await;
            let unique: BTreeSet<String> = walked.iter().cloned().collect();
            assert_eq!(unique.len(), walked.len(), "{list} {query}: {walked:?}");
            assert!(unique.is_superset(&before), "{list} {query}: {walked:?}");
            walks += 1;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let after = walk_with(&admin, list, 7, query).await;
        assert!(after.len() > before.len(), "{list} {query}");
    }
}
