//! An exchange: a request, its response, and its line in the log.

use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::header::HeaderValue;
use actix_http::{Method, Response, StatusCode};
use actix_web::dev::ServiceResponse;
use actix_web::{Error, HttpMessage};
use models_core::{Administrator, Outside};
use models_node::{BootTime, Clock};
use std::net::IpAddr;

use crate::access::rate_limit::Allowance;
use crate::access::session::Session;
use crate::dialects::openai::error::ApiError;
use crate::http::revision::RevisionHeader;
use crate::routes::table::Template;
use crate::server::metrics::Metrics;
use crate::server::request_id::RequestId;
use crate::server::requester::{self, Requester};

/// The parts of a request that are needed until its response.
pub(super) struct Exchange {
    pub(super) clock: Clock,
    pub(super) began: BootTime,
    pub(super) requester: Requester,
    pub(super) origin: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) has_body: bool,
    /// Whether to close the connection after the response. A chunked body may be endless.
    pub(super) closes: bool,
}

/// A response and its origin in the service.
pub(super) struct Outcome {
    pub(super) response: Response<BoxBody>,
    pub(super) session: Option<Arc<Session>>,
    pub(super) administrator: Option<Arc<Administrator>>,
    pub(super) allowance: Option<Allowance>,
    pub(super) revision: Option<RevisionHeader>,
    pub(super) error: Option<ApiError>,
}

impl From<Response<BoxBody>> for Outcome {
    fn from(response: Response<BoxBody>) -> Self {
        Self {
            response,
            session: None,
            administrator: None,
            allowance: None,
            revision: None,
            error: None,
        }
    }
}

impl Exchange {
    /// Turns an error of a handler, an extractor or the framework, or a panic, into a response with the envelope.
    pub(super) fn translate<B: MessageBody + 'static>(
        &self,
        result: Result<Result<ServiceResponse<B>, Error>, Box<dyn std::any::Any + Send>>,
    ) -> Outcome {
        let response = match result {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return self.refuse(ApiError::Fault(error.to_string())),
            Err(panic) => return self.refuse(ApiError::Fault(panic_message(&*panic).to_owned())),
        };
        let session = extension(&response);
        let administrator = extension(&response);
        let allowance = extension(&response);
        let revision = extension(&response);
        let outcome = match response.response().error() {
            Some(error) => {
                let error = error.as_error::<ApiError>().cloned();
                self.refuse(error.unwrap_or_else(|| from_status(response.status())))
            }
            None => Outcome::from(Response::from(
                response.into_parts().1.map_into_boxed_body(),
            )),
        };
        Outcome {
            session,
            administrator,
            allowance,
            revision,
            ..outcome
        }
    }

    pub(super) fn refuse(&self, error: ApiError) -> Outcome {
        let response = Response::from(error.response(self.requester.request_id.as_str()));
        Outcome {
            error: Some(error),
            ..Outcome::from(response)
        }
    }

    /// Returns the log line of this exchange.
    pub(super) fn line<'a>(&'a self, outcome: &'a Outcome) -> Line<'a> {
        Line {
            request_id: &self.requester.request_id,
            client_request_id: self.requester.client_request_id.as_ref(),
            client: self.requester.client,
            user_agent: self.requester.user_agent.as_ref(),
            method: &self.method,
            path: &self.path,
            status: outcome.response.status(),
            bytes: sent(&outcome.response),
            took: self.clock.now().since(self.began),
            session: outcome.session.as_deref(),
            administrator: outcome.administrator.as_deref(),
            error: outcome.error.as_ref(),
        }
    }
}

/// Returns what a handler or an extractor stored in the extensions of the request.
fn extension<T: Clone + 'static, B>(response: &ServiceResponse<B>) -> Option<T> {
    response.request().extensions().get::<T>().cloned()
}

/// The longest method in the log, in characters.
const LONGEST_METHOD: usize = 32;
/// The longest description of a failure in the log, in characters.
const LONGEST_REASON: usize = 2_048;

/// The log line of a request.
pub(super) struct Line<'a> {
    pub(super) request_id: &'a RequestId,
    pub(super) client_request_id: Option<&'a HeaderValue>,
    pub(super) client: Option<IpAddr>,
    pub(super) user_agent: Option<&'a HeaderValue>,
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) status: StatusCode,
    /// The length of the response body, in bytes.
    pub(super) bytes: u64,
    pub(super) took: Duration,
    pub(super) session: Option<&'a Session>,
    pub(super) administrator: Option<&'a Administrator>,
    pub(super) error: Option<&'a ApiError>,
}

impl Line<'_> {
    /// Counts the response and writes the line. Text from clients is escaped, shortened and masked.
    pub(super) fn write(&self, metrics: Option<&Metrics>, is_logged: bool) {
        let route = Template::of(self.path);
        if let Some(metrics) = metrics {
            metrics.count_response(self.method, route, self.status, self.took);
            if let Some(reason) = self.error.and_then(ApiError::key_refusal) {
                metrics.refused_key(reason);
            }
        }
        if is_logged {
            self.log(route);
        }
    }

    fn log(&self, route: Template) {
        let bytes = self.bytes;
        let method = Outside::new(self.method.as_str()).at_most(LONGEST_METHOD);
        let path = requester::path(self.path);
        let route = route.label();
        let (request_id, status) = (self.request_id.as_str(), self.status.as_u16());
        let client_request_id = self.client_request_id.map(requester::client_request_id);
        let client = self.client.map(tracing::field::display);
        let user_agent = self.user_agent.map(requester::user_agent);
        let key_id = self.key_id();
        let organization = self.organization();
        let ms = milliseconds(self.took);
        if let Some(ApiError::Fault(reason) | ApiError::Overloaded(reason)) = self.error {
            let reason = Outside::new(reason).at_most(LONGEST_REASON).to_string();
            tracing::error!(request_id, client_request_id, key_id, organization, client, user_agent, %method, route, path, status, ms, bytes, reason, "request failed");
        } else {
            let reason = self.error.and_then(ApiError::reason);
            tracing::info!(request_id, client_request_id, key_id, organization, client, user_agent, %method, route, path, status, ms, bytes, reason, "responded");
        }
    }

    /// Returns the id of the key, even if the key is revoked or expired.
    fn key_id(&self) -> Option<&str> {
        let principal = self.session.map(|session| &session.principal);
        let of_admin = || self.administrator.map(|admin| admin.key_id.as_str());
        let of_bad = || self.bad_key().map(|(key_id, _)| key_id);
        principal
            .map(|principal| principal.key_id.as_str())
            .or_else(of_admin)
            .or_else(of_bad)
    }

    fn bad_key(&self) -> Option<(&str, &str)> {
        match self.error {
            Some(ApiError::IncorrectApiKey { refusal, .. }) => refusal
                .key()
                .map(|(key_id, organization)| (key_id, organization.as_str())),
            _ => None,
        }
    }

    fn organization(&self) -> Option<&str> {
        let principal = self.session.map(|session| &session.principal);
        let of_admin = || {
            self.administrator
                .map(|admin| admin.organization_slug.as_str())
        };
        let of_bad = || self.bad_key().map(|(_, organization)| organization);
        principal
            .map(|principal| principal.organization_slug.as_str())
            .or_else(of_admin)
            .or_else(of_bad)
    }
}

/// Converts to milliseconds with three decimals, which is the resolution of the clock.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

fn from_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
        StatusCode::REQUEST_TIMEOUT => ApiError::RequestTimeout,
        status if status.is_client_error() => ApiError::BadRequest("The request is malformed."),
        status => ApiError::Fault(format!("the framework responded with {status}")),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic")
}

/// Returns the length of the response body, if it is known, else 0.
pub(super) fn sent(response: &Response<BoxBody>) -> u64 {
    match response.body().size() {
        BodySize::Sized(length) => length,
        BodySize::None | BodySize::Stream => 0,
    }
}
