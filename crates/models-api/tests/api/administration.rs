//! The administration API.

pub mod admin_api_keys;
pub mod api_keys;
pub mod audit_logs;
pub mod audit_policies;
pub mod audit_queries;
pub mod bodies;
pub mod creators;
pub mod isolation;
pub mod model_permissions;
pub mod paging;
pub mod projects;
pub mod service_accounts;

use serde_json::{Value, json};

use crate::service::TestCaller;
use crate::service::client::Response;

pub const PROJECTS: &str = "/v1/organization/projects";
pub const ADMIN_KEYS: &str = "/v1/organization/admin_api_keys";

/// The path of a new project.
pub async fn project(admin: &TestCaller, name: &str) -> String {
    let created = admin.post(PROJECTS, &json!({"name": name})).await;
    assert_eq!(created.status, 200, "{created:?}");
    format!("{PROJECTS}/{}", text(&created.json(), "id"))
}

/// A service account with a key, in a project.
pub struct Account {
    /// The path of the account.
    pub path: String,
    /// The path of its first key.
    pub key_path: String,
    pub key: TestCaller,
}

/// Creates a service account with a key in the project with this path.
pub async fn account(admin: &TestCaller, project: &str) -> Account {
    let accounts = format!("{project}/service_accounts");
    let created = admin.post(&accounts, &json!({"name": "an account"})).await;
    assert_eq!(created.status, 200, "{created:?}");
    let created = created.json();
    let key = &created["api_key"];
    Account {
        path: format!("{accounts}/{}", text(&created, "id")),
        key_path: format!("{project}/api_keys/{}", text(key, "id")),
        key: admin.with_token(&text(key, "value")),
    }
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// The ids of a list.
pub fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap();
    data.iter().map(|item| text(item, "id")).collect()
}

/// Asserts that the response is an error with this status and parameter.
pub fn assert_error(response: &Response, status: u16, param: Option<&str>) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.error()["param"], json!(param), "{response:?}");
}
