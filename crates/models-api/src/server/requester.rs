//! The sender of a request in the log, and the log line of a change.

use std::net::IpAddr;

use actix_http::header::HeaderValue;
use actix_web::{HttpMessage, HttpRequest};
use models_core::{Administrator, Context, Outside, Principal, Revision};
use tracing::field::DisplayValue;

use crate::server::request_id::RequestId;

/// The longest `User-Agent` in the log, in characters.
const LONGEST_AGENT: usize = 256;
/// The longest `X-Client-Request-Id` in the log, in characters; no valid one is longer.
const LONGEST_CLIENT_REQUEST_ID: usize = 512;
/// The longest path in the log, in characters. The path of a model id is at most 780 long.
const LONGEST_PATH: usize = 1_024;

/// The sender of a request.
#[derive(Clone)]
pub(crate) struct Requester {
    pub(crate) request_id: RequestId,
    pub(crate) client_request_id: Option<HeaderValue>,
    /// The address of the client, or of the last untrusted proxy.
    pub(crate) client: Option<IpAddr>,
    pub(crate) user_agent: Option<HeaderValue>,
}

impl Requester {
    /// Returns the sender that the service recorded for this request, or one with only a new id.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(|| Self {
            request_id: RequestId::new(),
            client_request_id: None,
            client: None,
            user_agent: None,
        })
    }

    /// The circumstances of a change by this request, for the audit log.
    pub(crate) fn context(&self, with_address: bool) -> Context {
        Context {
            request_id: Some(self.request_id.as_str().to_owned()),
            client_address: self.client.filter(|_| with_address),
            ..Context::default()
        }
    }

    /// Logs that this request changed the catalog. Call it after the commit, in a task that a disconnected client does
    /// not cancel: the change stays even if the client disconnects.
    pub(crate) fn changed(
        &self,
        kind: &str,
        principal: &Principal,
        model: &str,
        Revision(revision): Revision,
    ) {
        let (request_id, client_request_id, client, user_agent) = self.shown();
        let key_id = principal.key_id.as_str();
        let organization = principal.organization_slug.as_str();
        let model = Outside::new(model).to_string();
        tracing::info!(
            request_id,
            client_request_id,
            kind,
            model,
            revision,
            key_id,
            organization,
            client,
            user_agent,
            "changed"
        );
    }

    /// Logs that this request of an administrator changed the object with this id. Call it as [`Requester::changed`].
    pub(crate) fn administered(&self, kind: &str, administrator: &Administrator, id: &str) {
        let (request_id, client_request_id, client, user_agent) = self.shown();
        let key_id = administrator.key_id.as_str();
        let organization = administrator.organization_slug.as_str();
        tracing::info!(
            request_id,
            client_request_id,
            kind,
            id,
            key_id,
            organization,
            client,
            user_agent,
            "changed"
        );
    }

    fn shown(
        &self,
    ) -> (
        &str,
        Option<String>,
        Option<DisplayValue<IpAddr>>,
        Option<String>,
    ) {
        (
            self.request_id.as_str(),
            self.client_request_id.as_ref().map(client_request_id),
            self.client.map(tracing::field::display),
            self.user_agent.as_ref().map(user_agent),
        )
    }
}

/// Escapes and shortens `X-Client-Request-Id` for the log.
pub(crate) fn client_request_id(value: &HeaderValue) -> String {
    shown(value, LONGEST_CLIENT_REQUEST_ID)
}

/// Escapes and shortens `User-Agent` for the log.
pub(crate) fn user_agent(value: &HeaderValue) -> String {
    shown(value, LONGEST_AGENT)
}

/// Escapes and shortens a path for the log.
pub(crate) fn path(path: &str) -> String {
    Outside::new(path).at_most(LONGEST_PATH).to_string()
}

fn shown(value: &HeaderValue, most: usize) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    Outside::new(&text).at_most(most).to_string()
}
