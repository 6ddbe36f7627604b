//! Receives requests, and completes responses.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::header::{EXPECT, HeaderMap, HeaderValue, TRANSFER_ENCODING, USER_AGENT, VARY};
use actix_http::{ConnectionType, HttpMessage, Request, Response, StatusCode};
use models_node::{BootTime, Clock, Released};
use tokio::sync::Semaphore;

use super::body;
use super::exchange::{Exchange, Line, Outcome, sent};
use super::headers::{
    DEPENDS_ON_ORIGIN_TOO, X_REQUEST_ID, insert_allowance, insert_organization, insert_session,
    insert_standard,
};
use super::limits::{BODIES, Listener, RequestLimits};
use super::logged::Logged;
use crate::access::address::TrustedProxies;
use crate::dialects::openai::error::ApiError;
use crate::http::cors::{self, Cors};
use crate::http::fields::{Fields, X_CLIENT_REQUEST_ID};
use crate::http::framing::{announced_length, is_upgrade};
use crate::http::incoming::BodyMemory;
use crate::http::revision::{RevisionHeader, X_MODELS_REVISION};
use crate::node::Node;
use crate::routes::read::Reply;
use crate::routes::table::{methods, served};
use crate::server::metrics::Metrics;
use crate::server::request_id::RequestId;
use crate::server::requester::Requester;
use crate::settings::{AuthorizationSettings, Settings};

/// The longest `X-Client-Request-Id`, in characters; OpenAI's own limit.
const LONGEST_CLIENT_REQUEST_ID: usize = 512;

/// The configuration for receiving requests.
#[derive(Clone)]
pub(crate) struct Reception {
    /// The clock of the node, which also measures its lease.
    pub(crate) clock: Clock,
    /// Whether to use the gateway's `x-request-id`.
    pub(crate) trust_request_id: bool,
    /// The origins whose pages may read responses.
    pub(crate) cors: Cors,
    /// The proxies whose `X-Forwarded-For` names the client in the log.
    pub(crate) trusted_proxies: Arc<TrustedProxies>,
    /// The choice of responses to log.
    pub(crate) logged: Logged,
    /// The limits of a request.
    pub(crate) limits: RequestLimits,
    /// The metrics that count responses.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// The time for requests in flight after the service begins to stop.
    pub(crate) grace: Duration,
}

/// A response without the application.
pub(super) enum Early {
    Preflight(Box<Response<BoxBody>>),
    Refused(ApiError),
}

impl Reception {
    pub(crate) fn new(settings: &Settings, node: &Node, metrics: Arc<Metrics>) -> Self {
        let administration = settings.administration.enabled;
        let methods =
            HeaderValue::try_from(methods(served(administration))).expect("methods are ASCII");
        Self {
            clock: node.clock().clone(),
            metrics: Some(metrics),
            trust_request_id: settings.server.trust_request_id,
            cors: Cors::new(&settings.server.cors_origins, methods),
            trusted_proxies: Arc::new(TrustedProxies::new(settings.server.trusted_proxies.clone())),
            logged: Logged::new(&settings.log),
            limits: RequestLimits {
                head: usize::from(settings.limits.head_kib) << 10,
                dropped_body: u64::from(settings.limits.body_kib) << 10,
                listener: Listener::Api { administration },
                bodies: BodyMemory::new(BODIES),
                in_flight: Arc::new(Semaphore::new(settings.limits.requests_in_flight.into())),
                time: settings.limits.request_timeout,
                time_setting: "limits.request_timeout",
            },
            grace: settings.server.shutdown_timeout,
        }
    }

    /// The same for the listener of gateways.
    pub(crate) fn for_authorization(&self, settings: &AuthorizationSettings) -> Self {
        let most_body = u64::from(settings.body_mib) << 20;
        let in_flight = self.limits.in_flight.available_permits();
        Self {
            limits: RequestLimits {
                listener: Listener::Authorization { most_body },
                in_flight: Arc::new(Semaphore::new(in_flight)),
                time: settings.request_timeout,
                time_setting: "authorization.request_timeout",
                ..self.limits.clone()
            },
            // A gateway would take the response to a preflight for a permission.
            cors: Cors::off(),
            trusted_proxies: Arc::new(self.trusted_proxies.and_peers()),
            ..self.clone()
        }
    }

    /// Records the parts of a request that are needed until its response.
    pub(super) fn open(&self, began: BootTime, request: &Request) -> Exchange {
        Exchange {
            clock: self.clock.clone(),
            began,
            requester: Requester {
                request_id: self.request_id(request),
                client_request_id: request.headers().get(X_CLIENT_REQUEST_ID).cloned(),
                client: self.client(request),
                user_agent: request.headers().get(USER_AGENT).cloned(),
            },
            origin: self.cors.allowed_origin(request),
            method: request.method().clone(),
            path: request.path().to_owned(),
            has_body: announced_length(request).is_some_and(|length| length > 0)
                || request.headers().contains_key(TRANSFER_ENCODING),
            closes: is_upgrade(request)
                || self.limits.listener.ignores_body(request)
                || [TRANSFER_ENCODING, EXPECT]
                    .iter()
                    .any(|name| request.headers().contains_key(name)),
        }
    }

    /// Returns the client's address.
    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.peer_addr()?;
        Some(self.trusted_proxies.client(peer.ip(), request.headers()))
    }

    /// Returns the gateway's id if the settings trust it, or else a new one.
    fn request_id(&self, request: &Request) -> RequestId {
        let given = self
            .trust_request_id
            .then(|| request.headers().get(X_REQUEST_ID));
        given
            .flatten()
            .and_then(RequestId::given)
            .unwrap_or_else(RequestId::new)
    }

    pub(super) fn respond_early(&self, fields: &Fields<'_>, request: &Request) -> Option<Early> {
        if fields.length() > self.limits.head {
            return Some(Early::Refused(ApiError::HeadTooLarge));
        }
        if self.cors.is_preflight(request) {
            let mut response = Response::new(StatusCode::NO_CONTENT);
            if self.cors.allowed_origin(request).is_some() {
                let requested = cors::requested_headers(request);
                self.cors.preflight(requested, response.headers_mut());
            }
            return Some(Early::Preflight(Box::new(response)));
        }
        if !fields.client_request_ids().all(is_client_request_id) {
            return Some(Early::Refused(ApiError::BadRequest(
                "X-Client-Request-Id must be at most 512 ASCII characters.",
            )));
        }
        if !fields.announces_body {
            return None;
        }
        body::refusal(request, &self.limits).map(Early::Refused)
    }

    /// Completes the response to a read that memory served, and logs it.
    pub(crate) fn finish_read(
        &self,
        began: BootTime,
        request: &Request,
        read: Released<Reply>,
    ) -> Response<BoxBody> {
        let took = read.at().since(began);
        let Reply {
            session,
            allowance,
            mut response,
        } = read.into_inner();
        let request_id = self.request_id(request);
        let is_logged = self.logged.has(response.status(), None);
        Line {
            request_id: &request_id,
            client_request_id: is_logged
                .then(|| request.headers().get(X_CLIENT_REQUEST_ID))
                .flatten(),
            client: is_logged.then(|| self.client(request)).flatten(),
            user_agent: is_logged
                .then(|| request.headers().get(USER_AGENT))
                .flatten(),
            method: request.method(),
            path: request.path(),
            status: response.status(),
            bytes: sent(&response),
            took,
            session: Some(&session),
            administrator: None,
            error: None,
        }
        .write(self.metrics.as_deref(), is_logged);
        let headers = response.headers_mut();
        insert_standard(headers, request_id, took);
        if let Some(allowance) = &allowance {
            insert_allowance(headers, allowance);
        }
        insert_session(headers, &session);
        self.insert_origin(headers, self.cors.allowed_origin(request));
        if is_upgrade(request) {
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        response
    }

    pub(super) fn log(&self, exchange: &Exchange, outcome: &Outcome) {
        let reason = outcome.error.as_ref().and_then(ApiError::reason);
        let is_logged = self.logged.has(outcome.response.status(), reason);
        exchange
            .line(outcome)
            .write(self.metrics.as_deref(), is_logged);
    }

    /// Adds the headers of every response.
    pub(super) fn finish(&self, exchange: &Exchange, outcome: &mut Outcome) {
        let headers = outcome.response.headers_mut();
        let took = self.clock.now().since(exchange.began);
        insert_standard(headers, exchange.requester.request_id.clone(), took);
        if let Some(allowance) = &outcome.allowance {
            insert_allowance(headers, allowance);
        }
        if let Some(session) = &outcome.session {
            insert_session(headers, session);
        }
        if let Some(administrator) = &outcome.administrator {
            insert_organization(headers, &administrator.organization_slug);
        }
        if let Some(RevisionHeader(token)) = outcome.revision.take() {
            headers.append(X_MODELS_REVISION, token);
        }
        self.insert_origin(headers, exchange.origin.clone());
    }

    fn insert_origin(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.cors.is_on() {
            headers.insert(VARY, HeaderValue::from_static(DEPENDS_ON_ORIGIN_TOO));
        }
        if let Some(origin) = origin {
            cors::allow(origin, headers);
        }
    }
}

/// Whether this is a valid `X-Client-Request-Id`.
fn is_client_request_id(value: &HeaderValue) -> bool {
    value.len() <= LONGEST_CLIENT_REQUEST_ID && value.as_bytes().is_ascii()
}
