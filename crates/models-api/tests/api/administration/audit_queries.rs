//! The parameters, the pages and the tenants of `/v1/organization/audit_logs`.

use serde_json::json;

use super::audit_logs::{AUDIT_LOGS, types};
use super::{account, assert_error, ids, project, text};
use crate::service::{TestService, now};

pub async fn the_parameters_select_entries(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = project(&admin, "one").await;
    let made = account(&admin, &path).await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let (project, account_id, key) = (id(&path), id(&made.path), id(&made.key_path));
    let admin_key = admin.admin_key.as_ref().unwrap().id.as_str();
    let by_admin = [
        "api_key.created",
        "service_account.created",
        "project.created",
    ];
    let all = [
        &by_admin[..],
        &["admin_api_key.created", "organization.created"],
    ]
    .concat();
    let time = now().seconds();
    for (query, expected) in [
        ("limit=0&tenant_only=true&unknown=1", &all[..]),
        ("event_types[]=api_key.created", &all[..1]),
        (
            "event_types%5B%5D=api_key.created&event_types%5B%5D=project.created",
            &["api_key.created", "project.created"],
        ),
        ("event_types[]=login.failed", &[]),
        (&format!("actor_ids[]={admin_key}"), &by_admin),
        (&format!("actor_ids[]={account_id}"), &[]),
        ("actor_emails[]=a@example.com", &[]),
        (&format!("project_ids[]={project}"), &by_admin),
        (&format!("project_ids[]={}", acme.default_project.id), &[]),
        (
            &format!("resource_ids[]={account_id}&resource_ids[]={key}"),
            &all[..2],
        ),
        (
            &format!("event_types[]=project.created&resource_ids[]={key}"),
            &[],
        ),
        ("resource_ids[]=%00&resource_ids[]=%0A", &[]),
        ("resource_ids[]=%FF", &[]),
        (&format!("effective_at[gte]={}", time + 60), &[]),
        (
            &format!(
                "effective_at[gt]={}&effective_at[lt]={}",
                time - 60,
                time + 60
            ),
            &all,
        ),
        ("effective_at[lte]=0", &[]),
    ] {
        assert_eq!(types(&admin, query).await, expected, "{query}");
    }
    for (query, name) in [
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("effective_at[gt]=now", "effective_at[gt]"),
        (
            "effective_at[lte]=1&effective_at[lte]=1",
            "effective_at[lte]",
        ),
        ("tenant_only=1", "tenant_only"),
        ("after=a&after=b", "after"),
    ] {
        let refused = admin.get(&format!("{AUDIT_LOGS}?{query}")).await;
        assert_error(&refused, 400, Some(name));
    }
    assert_eq!(admin.post(AUDIT_LOGS, &json!({})).await.status, 405);
}

pub async fn pages_continue_in_both_directions_while_the_log_grows(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    for number in 0..4 {
        project(&admin, &format!("project {number}")).await;
    }
    let whole = ids(&admin.get(AUDIT_LOGS).await.json());
    assert_eq!(whole.len(), 6);
    for limit in 1..=7 {
        let (mut found, mut after) = (vec![], String::new());
        loop {
            let path = format!("{AUDIT_LOGS}?limit={limit}{after}");
            let page = admin.get(&path).await.json();
            found.extend(ids(&page));
            assert_eq!(page["last_id"], json!(found.last()));
            if page["has_more"] == json!(false) {
                break;
            }
            after = format!("&after={}", text(&page, "last_id"));
        }
        assert_eq!(found, whole, "{limit}");
    }
    // New entries come before the cursor.
    project(&admin, "new").await;
    let page = |query: String| {
        let admin = &admin;
        async move { admin.get(&format!("{AUDIT_LOGS}?{query}")).await.json() }
    };
    let older = page(format!("after={}&limit=2", whole[1])).await;
    assert_eq!(
        (ids(&older), &older["has_more"]),
        (whole[2..4].to_vec(), &json!(true))
    );
    let newer = page(format!("before={}&limit=2", whole[3])).await;
    assert_eq!(
        (ids(&newer), &newer["has_more"]),
        (whole[1..3].to_vec(), &json!(true))
    );
    let newest = page(format!("before={}", whole[0])).await;
    assert_eq!(newest["data"][0]["after"]["name"], "new");
    assert_eq!(
        (ids(&newest).len(), &newest["has_more"]),
        (1, &json!(false))
    );
    let between = page(format!("after={}&before={}", whole[0], whole[4])).await;
    assert_eq!(ids(&between), whole[1..4]);
    let empty =
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false});
    let forged = format!("audit_log-{}", "0".repeat(32));
    for query in [
        "after=after&before=before".to_owned(),
        format!("after={forged}"),
        format!("before={forged}&after={}", whole[0]),
        format!("after={}", whole[5]),
        "after=".to_owned(),
        "before=%FF".to_owned(),
    ] {
        assert_eq!(page(query.clone()).await, empty, "{query}");
    }
}

pub async fn an_organization_learns_nothing_about_the_log_of_another_one(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (one, two) = (service.admin(&acme).await, service.admin(&other).await);
    service.models(None, &[("public", 1)]).await;
    for number in 0..3 {
        project(&one, &format!("secret {number}")).await;
        project(&two, "own").await;
    }
    let (first, second) = (
        one.get(AUDIT_LOGS).await.json(),
        two.get(AUDIT_LOGS).await.json(),
    );
    let expected = [
        &["project.created"; 3][..],
        &["admin_api_key.created", "organization.created"],
    ]
    .concat();
    for (admin, page) in [(&one, &first), (&two, &second)] {
        assert_eq!(types(admin, "").await, expected);
        assert_eq!(page["has_more"], json!(false));
    }
    assert!(!second.to_string().contains("secret"));
    let foreign_project = text(&first["data"][0]["project"], "id");
    let foreign_admin = one.admin_key.as_ref().unwrap().id.to_string();
    for query in [
        format!("project_ids[]={foreign_project}"),
        format!("resource_ids[]={foreign_project}"),
        format!("resource_ids[]={}", acme.id),
        format!("actor_ids[]={foreign_admin}"),
        "resource_ids[]=public".to_owned(),
    ] {
        assert_eq!(types(&two, &query).await, [""; 0], "{query}");
    }
    // A foreign cursor is an unknown one, in every position.
    let own = ids(&second);
    for id in ids(&first) {
        assert!(!own.contains(&id));
        for query in [
            format!("after={id}"),
            format!("before={id}"),
            format!("after={}&before={id}", own[0]),
        ] {
            let page = two.get(&format!("{AUDIT_LOGS}?{query}")).await;
            let unknown = two
                .get(&format!("{AUDIT_LOGS}?{}", query.replace(&id, "unknown")))
                .await;
            assert_eq!(page.body, unknown.body, "{query}");
        }
    }
}
