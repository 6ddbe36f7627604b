//! Every failure that a client sees, in OpenAI's envelope: one row each.

pub(crate) mod reasons;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use models_core::{RepositoryError, mask};
use models_node::KeyRefusal;
use serde::Serialize;
use utoipa::ToSchema;

const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// When to come back to a service that is overloaded.
const RETRY_AFTER_SECONDS: &str = "1";

/// A failure, as the client is told it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// A request that cannot be understood.
    #[error("{0}")]
    BadRequest(&'static str),
    /// No `Authorization` header.
    #[error("Missing bearer authentication in header")]
    MissingCredentials,
    /// An `Authorization` header of a scheme other than Bearer, or without a token. The client is told that it is missing.
    #[error("Missing bearer authentication in header")]
    MalformedCredentials,
    /// A key that is malformed, unknown, revoked or expired.
    #[error(
        "Incorrect API key provided: {redacted}. Keys are created with `models-api key create`."
    )]
    IncorrectApiKey {
        /// The key, redacted.
        redacted: String,
        /// Which of these it is, for the log alone.
        refusal: KeyRefusal,
    },
    /// `OpenAI-Organization` names another organization than the key's.
    #[error("OpenAI-Organization header should match organization for API key")]
    MismatchedOrganization,
    /// `OpenAI-Project` names another project than the key's.
    #[error("OpenAI-Project header should match project for API key")]
    MismatchedProject,
    /// The key's role is too low, or the model is not its organization's to delete. Holds the scope
    /// that is missing.
    #[error(
        "You have insufficient permissions for this operation. Missing scopes: {0}. Check that you have the correct role in \
         your organization (Reader, Writer, Owner) and that the model is your organization's own."
    )]
    MissingScope(&'static str),
    /// There is no such model for this caller. Holds the id; where there is none in the path, what
    /// was sent. A client that pastes its key as an id keeps error messages, so the key is masked.
    #[error("The model '{}' does not exist", mask(.0))]
    ModelNotFound(String),
    /// A path that this service does not have.
    #[error("Invalid URL ({} {}){hint}", mask(method), mask(path))]
    UnknownUrl {
        /// The method of the request.
        method: String,
        /// Its path.
        path: String,
        /// What to write instead, where that is known.
        hint: &'static str,
    },
    /// A path that does not have this method.
    #[error(
        "Invalid method for URL ({} {}){}",
        mask(method),
        mask(path),
        cors_hint(method)
    )]
    MethodNotAllowed {
        /// The method of the request.
        method: String,
        /// Its path.
        path: String,
        /// The methods that the path has.
        allow: String,
    },
    /// A body that is larger than any request needs.
    #[error("The request body is too large.")]
    BodyTooLarge,
    /// A head that is larger than any request needs.
    #[error(
        "The request's headers are too large or too many. The path and the headers may have `limits.head_kib` KiB in all, and \
         there may be 96 headers."
    )]
    HeadTooLarge,
    /// A request that did not arrive in time.
    #[error("The request took too long to arrive.")]
    RequestTimeout,
    /// More requests than the key may make.
    #[error(
        "Rate limit reached for requests per min (RPM): Limit {limit}, Requested 1. Please try again in {retry_after}s."
    )]
    RateLimited {
        /// How many requests the key may make in a minute.
        limit: u32,
        /// The seconds to wait.
        retry_after: u64,
    },
    /// More incorrect keys than may come from an address.
    #[error(
        "Too many incorrect API keys came from your address. Please try again in {retry_after}s."
    )]
    TooManyFailures {
        /// The seconds to wait.
        retry_after: u64,
    },
    /// A fault of ours. Holds the reason, which is for the log alone.
    #[error("The server had an error processing your request.")]
    Fault(String),
    /// More requests wait already than may.
    #[error("The server is overloaded or not ready yet.")]
    TooManyInFlight,
    /// The store is out of reach, or the service has too much to do. Holds the reason, which is for
    /// the log alone.
    #[error("The server is overloaded or not ready yet.")]
    Overloaded(String),
    /// The store did not confirm a change in time: it may have been made. Holds the reason, which is for the log alone.
    #[error(
        "The server is overloaded or not ready yet. The change may have been made all the same; look before you repeat it."
    )]
    InDoubt(String),
}

/// A browser asks with OPTIONS whether a page may call the API.
fn cors_hint(method: &str) -> &'static str {
    if method == "OPTIONS" {
        ". To let pages in browsers call this API, name their origins in the setting `server.cors_origins`."
    } else {
        ""
    }
}

struct Row {
    status: StatusCode,
    kind: &'static str,
    param: Option<&'static str>,
    code: Option<&'static str>,
    /// Whether repeating the request may mend it. The SDKs obey `x-should-retry: false`.
    repeatable: bool,
}

/// A failure.
#[derive(Serialize, ToSchema)]
#[schema(as = ErrorResponse)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope<'a> {
    #[schema(inline)]
    error: ErrorObject<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ErrorObject<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(required)]
    param: Option<&'static str>,
    #[schema(required)]
    code: Option<&'static str>,
}

impl ApiError {
    #[rustfmt::skip]
    fn row(&self) -> Row {
        const REQUEST: &str = "invalid_request_error";
        let (status, kind, param, code, repeatable) = match self {
            Self::BadRequest(_)          => (400, REQUEST, None, None, false),
            Self::MissingCredentials
            | Self::MalformedCredentials => (401, REQUEST, None, None, false),
            Self::IncorrectApiKey { .. } => (401, REQUEST, None, Some("invalid_api_key"), false),
            Self::MismatchedOrganization => (401, REQUEST, None, Some("mismatched_organization"), false),
            Self::MismatchedProject      => (401, REQUEST, None, Some("mismatched_project"), false),
            Self::MissingScope(_)        => (403, REQUEST, None, None, false),
            Self::ModelNotFound(_)       => (404, REQUEST, Some("model"), Some("model_not_found"), false),
            Self::UnknownUrl { .. }      => (404, REQUEST, None, None, false),
            Self::MethodNotAllowed { .. } => (405, REQUEST, None, None, false),
            Self::RequestTimeout         => (408, REQUEST, None, None, true),
            Self::BodyTooLarge           => (413, REQUEST, None, None, false),
            Self::HeadTooLarge           => (431, REQUEST, None, None, false),
            Self::RateLimited { .. }
            | Self::TooManyFailures { .. } => (429, "requests", None, Some("rate_limit_exceeded"), true),
            Self::Fault(_)               => (500, "server_error", None, None, false),
            Self::TooManyInFlight
            | Self::Overloaded(_)
            | Self::InDoubt(_)           => (503, "service_unavailable_error", None, Some("server_is_overloaded"), true),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Row { status, kind, param, code, repeatable }
    }

    /// The answer to the request with this id.
    #[must_use]
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.row().status);
        for header in self.headers() {
            response.insert_header(header);
        }
        response.body(self.body(request_id))
    }

    /// The envelope. The id is part of what a fault says.
    #[must_use]
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        let Row {
            kind, param, code, ..
        } = self.row();
        let mut message = self.to_string();
        if let Self::Fault(_) = self {
            message =
                format!("{message} (Please give the request ID {request_id} when you report it.)");
        }
        let envelope = Envelope {
            error: ErrorObject {
                message: &message,
                kind,
                param,
                code,
            },
        };
        serde_json::to_vec(&envelope).expect("text and null always serialise")
    }

    /// The headers that this failure has beside those of every answer.
    #[must_use]
    pub fn headers(&self) -> Vec<(HeaderName, String)> {
        let Row {
            status, repeatable, ..
        } = self.row();
        let mut headers = vec![(CONTENT_TYPE, "application/json".to_owned())];
        if !repeatable {
            headers.push((X_SHOULD_RETRY, "false".to_owned()));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.push((WWW_AUTHENTICATE, "Bearer realm=\"models\"".to_owned()));
        }
        if let Self::MethodNotAllowed { allow, .. } = self {
            headers.push((ALLOW, allow.clone()));
        }
        if let Self::RateLimited { retry_after, .. } | Self::TooManyFailures { retry_after } = self
        {
            headers.push((RETRY_AFTER, retry_after.to_string()));
        }
        if let Self::Overloaded(_) | Self::InDoubt(_) | Self::TooManyInFlight = self {
            headers.push((RETRY_AFTER, RETRY_AFTER_SECONDS.to_owned()));
        }
        headers
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.row().status
    }

    /// A place-holder that carries the error to the middleware, which knows the request's id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        let reason = error.to_string();
        match error {
            error if error.is_in_doubt() => Self::InDoubt(reason),
            RepositoryError::Unavailable(_)
            | RepositoryError::Outdated { .. }
            | RepositoryError::OlderNodes(_) => Self::Overloaded(reason),
            RepositoryError::AlreadyExists | RepositoryError::Failed(_) => Self::Fault(reason),
        }
    }
}
