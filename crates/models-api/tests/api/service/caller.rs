//! Callers of a service.

use std::net::SocketAddr;

use models_core::ApiKey;

use super::client::{Response, send, send_for_bytes};
use super::running::TestService;
use crate::contract::openapi;

/// A caller with or without a key.
pub struct TestCaller {
    pub(super) address: SocketAddr,
    pub token: Option<String>,
    pub key: Option<ApiKey>,
}

impl TestCaller {
    /// The same caller at another node.
    pub fn at(&self, node: &TestService) -> Self {
        Self {
            address: node.address,
            token: self.token.clone(),
            key: self.key.clone(),
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[]).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[]).await
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
