//! The pages of lists.

use serde_json::json;

use super::{ADMIN_KEYS, PROJECTS, account, assert_error, ids, project};
use crate::service::{TestCaller, TestService};

/// Reads the list page after page, as an SDK does.
async fn walk(admin: &TestCaller, path: &str, limit: usize) -> Vec<String> {
    let (mut all, mut after) = (vec![], String::new());
    loop {
        let page = admin.get(&format!("{path}?limit={limit}{after}")).await;
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
