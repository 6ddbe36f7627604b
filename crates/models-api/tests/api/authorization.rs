//! The listener for gateways.

pub mod access;
pub mod decisions;
pub mod requests;

use std::net::SocketAddr;

use crate::service::client::{Response, send, send_with_body};
use crate::service::{TestCaller, TestService};

/// A service like this one with the listener for gateways.
async fn with_listener(service: &TestService, more: &[(&str, &str)]) -> TestService {
    let port = [("MODELS__AUTHORIZATION__PORT", "0")];
    let settings: Vec<_> = port.iter().chain(more).copied().collect();
    service.with_settings(&settings).await
}

/// A gateway whose client sends the key of this caller.
struct Gateway<'a> {
    address: SocketAddr,
    client: &'a TestCaller,
}

impl<'a> Gateway<'a> {
    fn of(service: &TestService, client: &'a TestCaller) -> Self {
        Self {
            address: service.authorization.unwrap(),
            client,
        }
    }

    async fn authorize(&self, method: &str, rest: &str, headers: &[(&str, &str)]) -> Response {
        let bearer = self
            .client
            .token
            .as_ref()
            .map(|token| format!("Bearer {token}"));
        let bearer = bearer.as_deref().map(|bearer| ("Authorization", bearer));
        let headers: Vec<_> = headers.iter().copied().chain(bearer).collect();
        send(
            self.address,
            method,
            &format!("/v1/authorize{rest}"),
            &headers,
        )
        .await
    }

    /// Authorizes a call of this model, with the headers that nginx sends.
    async fn authorize_model(&self, model: &str) -> Response {
        let headers = [
            ("X-Original-URI", "/v1/chat/completions"),
            ("X-Original-Method", "POST"),
            ("X-Models-Model", model),
        ];
        self.authorize("GET", "", &headers).await
    }

    async fn authorize_with_body(&self, rest: &str, kind: &str, body: &str) -> Response {
        let bearer = format!("Bearer {}", self.client.token.as_ref().unwrap());
        let length = body.len().to_string();
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", kind),
            ("Content-Length", &length),
        ];
        send_with_body(
            self.address,
            &format!("/v1/authorize{rest}"),
            &headers,
            body,
        )
        .await
    }
}
