//! Callers of a service.

use std::net::SocketAddr;

use models_core::{AdminApiKey, ApiKey};
use serde_json::Value;

use super::client::{Response, send, send_for_bytes, send_with_body};
use super::running::TestService;
use crate::contract::openapi;

/// A caller with or without a key.
pub struct TestCaller {
    pub(super) address: SocketAddr,
    pub token: Option<String>,
    pub key: Option<ApiKey>,
    pub admin_key: Option<AdminApiKey>,
}

impl TestCaller {
    /// The same caller at another node.
    pub fn at(&self, node: &TestService) -> Self {
        Self {
            address: node.address,
            token: self.token.clone(),
            key: self.key.clone(),
            admin_key: self.admin_key.clone(),
        }
    }

    /// A caller with this token at the same node.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            address: self.address,
            token: Some(token.to_owned()),
            key: None,
            admin_key: None,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[]).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[]).await
    }

    /// Sends a POST with this JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.post_text(path, &body.to_string()).await
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Response {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let length = body.len().to_string();
        let headers = [("Content-Length", length.as_str())];
        let all = with_authorization(&headers, authorization.as_deref());
        let response = send_with_body(self.address, path, &all, body).await;
        openapi::assert_documented("POST", path, &response);
        response
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let all = with_authorization(headers, authorization.as_deref());
        let response = send(self.address, method, path, &all).await;
        openapi::assert_documented(method, path, &response);
        response
    }

    /// Sends a GET whose response body is not text.
    pub async fn get_bytes(&self, path: &str, headers: &[(&str, &str)]) -> (Response, Vec<u8>) {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let all = with_authorization(headers, authorization.as_deref());
        send_for_bytes(self.address, "GET", path, &all).await
    }
}

fn with_authorization<'a>(
    headers: &[(&'a str, &'a str)],
    authorization: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let authorization = authorization.map(|value| ("Authorization", value));
    headers.iter().copied().chain(authorization).collect()
}
