//! Two organizations try to see, change and page into each other's objects.

use std::time::Duration;

use models_api::{Access, ROUTES};
use serde_json::{Value, json};
use test_database::Proxy;

use super::{ADMIN_KEYS, PROJECTS, account, ids, project};
use crate::service::client::Response;
use crate::service::{TestCaller, TestService};

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

pub async fn every_route_responds_alike_to_foreign_and_missing_ids(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (victim, attacker) = (service.admin(&acme).await, service.admin(&other).await);
    let foreign = Objects::new(&victim).await;
    let before = snapshot(&victim, &foreign.project).await;
    let mut compared = 0;
    for route in &ROUTES {
        let pattern = route.template.path();
        if route.access != Access::Admin || !pattern.contains('{') {
            continue;
        }
        let (own, sibling) = (Objects::new(&attacker).await, Objects::new(&attacker).await);
        let body = accepted_body(&attacker, route.method.as_str(), pattern).await;
        let send = async |path: &str| match &body {
            Some(body) => attacker.post(path, body).await,
            None => attacker.send(route.method.as_str(), path, &[]).await,
        };
        for kinds in combinations(pattern) {
            let path = fill(pattern, &kinds, [&own, &foreign, &sibling]);
            let missing: Vec<_> = kinds
                .iter()
                .map(|kind| {
                    if *kind == Kind::Own {
                        Kind::Own
                    } else {
                        Kind::Missing
                    }
                })
                .collect();
            let missing_path = fill(pattern, &missing, [&own, &foreign, &sibling]);
            let cell = format!("{} {pattern} {kinds:?}", route.method);
            let responses = [send(&path).await, send(&missing_path).await];
            assert_eq!(responses[0].status, 404, "{cell}: {:?}", responses[0]);
            responses[0].error();
            let [found, expected] = responses.map(|response| comparable(&response));
            let ids = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
            let mut found_body = found.1;
            let mut expected_body = expected.1;
            for (id, missing) in ids(&path).iter().zip(ids(&missing_path)) {
                if *id != missing {
                    found_body = found_body.replace(id, "ID");
                    expected_body = expected_body.replace(&missing, "ID");
                }
            }
            assert_eq!(found_body, expected_body, "{cell}");
            assert_eq!(found.0, expected.0, "{cell}");
            compared += 1;
        }
        let own = fill(pattern, &[Kind::Own; 3], [&own, &foreign, &sibling]);
        let allowed = send(&own).await;
        assert_eq!(allowed.status, 200, "{} {own}: {allowed:?}", route.method);
    }
    println!("{compared} pairs of responses");
    assert_eq!(snapshot(&victim, &foreign.project).await, before);
    for path in [&foreign.account, &foreign.key, &foreign.admin_key] {
        assert_eq!(victim.get(path).await.status, 200);
    }
    let query = format!("{}/api_keys?owner_project_access=inactive", foreign.project);
    assert_eq!(attacker.get(&query).await.status, 404);
}

/// The objects of an organization, by their paths.
struct Objects {
    project: String,
    account: String,
    key: String,
    admin_key: String,
}

impl Objects {
    async fn new(admin: &TestCaller) -> Self {
        let project = project(admin, "secret").await;
        let made = account(admin, &project).await;
        let created = admin
            .post(ADMIN_KEYS, &json!({"name": "more"}))
            .await
            .json();
        Self {
            project,
            account: made.path,
            key: made.key_path,
            admin_key: format!("{ADMIN_KEYS}/{}", created["id"].as_str().unwrap()),
        }
    }

    fn id(&self, name: &str) -> &str {
        last(match name {
            "project_id" => &self.project,
            "service_account_id" => &self.account,
            "api_key_id" => &self.key,
            "key_id" => &self.admin_key,
            other => panic!("the test has no object for {other}"),
        })
    }
}

/// What an id in a path is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Own,
    Foreign,
    /// An id below another project of the same organization.
    Sibling,
    Missing,
}

/// The names of the ids in a path.
fn names(pattern: &str) -> Vec<&str> {
    let segments = pattern.split('/');
    segments
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

/// Every choice of ids that names something foreign, or something of another project.
fn combinations(pattern: &str) -> Vec<Vec<Kind>> {
    let mut all: Vec<Vec<Kind>> = vec![vec![]];
    for name in names(pattern) {
        let kinds: &[Kind] = match name {
            "project_id" | "key_id" => &[Kind::Own, Kind::Foreign, Kind::Missing],
            _ => &[Kind::Own, Kind::Foreign, Kind::Sibling, Kind::Missing],
        };
        let extended = all
            .iter()
            .flat_map(|before| kinds.iter().map(|kind| [&before[..], &[*kind]].concat()));
        all = extended.collect();
    }
    all.retain(|kinds| kinds.contains(&Kind::Foreign) || kinds.contains(&Kind::Sibling));
    all
}

/// The path with these kinds of ids. A missing id has the length of the others.
fn fill(pattern: &str, kinds: &[Kind], [own, foreign, sibling]: [&Objects; 3]) -> String {
    let mut path = pattern.to_owned();
    for (name, kind) in names(pattern).into_iter().zip(kinds) {
        let id = match kind {
            Kind::Own => own.id(name).to_owned(),
            Kind::Foreign => foreign.id(name).to_owned(),
            Kind::Sibling => sibling.id(name).to_owned(),
            Kind::Missing => own.id(name).chars().rev().collect(),
        };
        path = path.replace(&format!("{{{name}}}"), &id);
    }
    path
}

/// A body that the route accepts for own objects. A route without a body has `None`.
async fn accepted_body(attacker: &TestCaller, method: &str, pattern: &str) -> Option<Value> {
    if method != "POST" {
        return None;
    }
    for body in [
        json!({}),
        json!({"name": "stolen"}),
        json!({"scopes": []}),
        json!({"mode": "allow_list", "model_ids": []}),
    ] {
        let own = Objects::new(attacker).await;
        let path = fill(pattern, &[Kind::Own; 3], [&own, &own, &own]);
        if attacker.post(&path, &body).await.status == 200 {
            return Some(body);
        }
    }
    panic!("the test has no body for {method} {pattern}");
}

/// The headers of a response that do not differ from request to request, and its body.
fn comparable(response: &Response) -> (Vec<(String, String)>, String) {
    const CHANGING: [&str; 3] = ["date", "x-request-id", "openai-processing-ms"];
    let mut headers = response.headers.clone();
    headers.retain(|(name, _)| !CHANGING.contains(&name.as_str()));
    // The server sends them in any order.
    headers.sort();
    (headers, response.body.clone())
}

/// A foreign id and a missing one take the same statements to the same results: for both, the node
/// sends the database the same number of statements, and gets the same number of bytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_id_takes_the_same_statements_as_a_missing_one() {
    const TRIES: usize = 8;
    let service = TestService::on_postgres().await;
    let proxy = Proxy::before(service.database_url()).await;
    let node = service.node_through(proxy.url()).await;
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (victim, attacker) = (service.admin(&acme).await, service.admin(&other).await);
    let (foreign, own) = (Objects::new(&victim).await, Objects::new(&attacker).await);
    let attacker = attacker.at(&node);
    for route in &ROUTES {
        let pattern = route.template.path();
        if route.access != Access::Admin || !pattern.contains('{') {
            continue;
        }
        let body = accepted_body(&attacker, route.method.as_str(), pattern).await;
        // The least of several tries: other work of the node adds to it.
        let exchanged = async |kinds: &[Kind]| {
            let path = fill(pattern, kinds, [&own, &foreign, &own]);
            let mut least = [u64::MAX; 2];
            for _ in 0..TRIES {
                let before = proxy.traffic();
                let response = match &body {
                    Some(body) => attacker.post(&path, body).await,
                    None => attacker.send(route.method.as_str(), &path, &[]).await,
                };
                assert_eq!(response.status, 404, "{} {path}", route.method);
                // The end of the transaction may follow the response.
                tokio::time::sleep(Duration::from_millis(10)).await;
                let after = proxy.traffic();
                for side in 0..2 {
                    least[side] = least[side].min(after[side] - before[side]);
                }
            }
            least
        };
        for kinds in combinations(pattern) {
            if kinds.contains(&Kind::Sibling) {
                continue;
            }
            let missing: Vec<_> = kinds
                .iter()
                .map(|kind| {
                    if *kind == Kind::Own {
                        Kind::Own
                    } else {
                        Kind::Missing
                    }
                })
                .collect();
            let (found, expected) = (exchanged(&kinds).await, exchanged(&missing).await);
            assert!(found[0] > 0, "the request reads the database");
            assert_eq!(found, expected, "{} {pattern} {kinds:?}", route.method);
        }
    }
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
