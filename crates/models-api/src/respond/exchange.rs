//! A request from its arrival to its answer, and what is said of it in the log.

use std::sync::Arc;
use std::time::Instant;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::header::HeaderValue;
use actix_http::{Method, Response, StatusCode};
use actix_web::dev::ServiceResponse;
use actix_web::{Error, HttpMessage};
use models_core::Principal;

use crate::error::ApiError;
use crate::rate_limit::Allowance;

/// What is kept of a request until its answer.
pub(super) struct Exchange {
    pub(super) began: Instant,
    pub(super) request_id: String,
    pub(super) client_request_id: Option<HeaderValue>,
    pub(super) origin: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) has_body: bool,
    /// Close the connection after the answer. No route reads a body, and the end of one that comes
    /// in chunks, without a length, may be far away.
    pub(super) closes: bool,
}

/// An answer, and what is known of it.
pub(super) struct Answered {
    pub(super) response: Response<BoxBody>,
    pub(super) principal: Option<Arc<Principal>>,
    pub(super) allowance: Option<Allowance>,
    pub(super) error: Option<ApiError>,
}

impl From<Response<BoxBody>> for Answered {
    fn from(response: Response<BoxBody>) -> Self {
        Self {
            response,
            principal: None,
            allowance: None,
            error: None,
        }
    }
}

impl Exchange {
    /// An error that a handler, an extractor or the framework raised, or a panic, becomes the
    /// envelope.
    pub(super) fn translate<B: MessageBody + 'static>(
        &self,
        answer: Result<Result<ServiceResponse<B>, Error>, Box<dyn std::any::Any + Send>>,
    ) -> Answered {
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return self.refuse(ApiError::Fault(error.to_string())),
            Err(panic) => return self.refuse(ApiError::Fault(panic_message(&*panic).to_owned())),
        };
        let principal = response
            .request()
            .extensions()
            .get::<Arc<Principal>>()
            .cloned();
        let allowance = response.request().extensions().get::<Allowance>().cloned();
        let answered = match response.response().error() {
            Some(error) => {
                let error = error.as_error::<ApiError>().cloned();
                self.refuse(error.unwrap_or_else(|| from_status(response.status())))
            }
            None => Answered::from(Response::from(
                response.into_parts().1.map_into_boxed_body(),
            )),
        };
        Answered {
            principal,
            allowance,
            ..answered
        }
    }

    pub(super) fn refuse(&self, error: ApiError) -> Answered {
        let response = Response::from(error.response(&self.request_id));
        Answered {
            error: Some(error),
            ..Answered::from(response)
        }
    }

    /// What came from outside is quoted and escaped; no key is among it.
    pub(super) fn log(&self, answered: &Answered) {
        let Answered {
            response,
            principal,
            error,
            ..
        } = answered;
        let Self {
            request_id,
            method,
            path,
            ..
        } = self;
        let client_request_id = self.client_request_id.as_ref().map(tracing::field::debug);
        let key_id = principal
            .as_ref()
            .map(|principal| principal.key_id.as_str());
        let (status, ms) = (response.status().as_u16(), self.began.elapsed().as_millis());
        if let Some(ApiError::Fault(reason) | ApiError::Overloaded(reason)) = error {
            tracing::error!(request_id, client_request_id, key_id, %method, ?path, status, ms, reason, "a request failed");
        } else {
            tracing::debug!(request_id, client_request_id, key_id, %method, ?path, status, ms, "answered");
        }
    }
}

fn from_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
        StatusCode::REQUEST_TIMEOUT => ApiError::RequestTimeout,
        status if status.is_client_error() => {
            ApiError::BadRequest("The request cannot be understood.")
        }
        status => ApiError::Fault(format!("the framework answered {status}")),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic")
}
