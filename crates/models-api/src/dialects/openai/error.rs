//! All errors that clients receive, in OpenAI's envelope. Each error is one row of a table.

mod conversion;
mod envelope;
mod key_kind;
pub(crate) mod parameter;
pub(crate) mod reasons;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use models_core::mask;
use models_node::KeyRefusal;

pub(crate) use self::envelope::Envelope;
use self::envelope::ErrorObject;
pub use self::key_kind::KeyKind;
use self::parameter::ParameterProblem;

const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// The `Retry-After` of an overloaded service, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// An error response. The variants' texts are its messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request is malformed. Holds the message.
    #[error("{0}")]
    BadRequest(&'static str),
    /// A parameter of the body or of the query is invalid.
    #[error("{}", problem.message(name))]
    InvalidParameter {
        /// The name of the parameter, escaped and shortened if the client chose it.
        name: String,
        /// The problem.
        problem: ParameterProblem,
    },
    /// An authorization request has two models, or a body in which two programs can read different models.
    #[error("The request has more than one model, or a key that some programs read as `model`.")]
    AmbiguousModel,
    /// The project is archived, and the route refuses such a project.
    #[error("The project is archived. Archived projects cannot be used or updated.")]
    ArchivedProject,
    /// The project is the default project of its organization.
    #[error("The default project cannot be updated or archived.")]
    DefaultProject,
    /// The key to change has expired.
    #[error("The API key has expired. Expired keys cannot be updated.")]
    ExpiredKey,
    /// The request has no `Authorization` header.
    #[error("Missing bearer authentication in header")]
    MissingCredentials,
    /// The `Authorization` header has another scheme than Bearer, or no token. OpenAI reports such a header as missing.
    #[error("Missing bearer authentication in header")]
    MalformedCredentials,
    /// The request has different keys in two places.
    #[error("The request has two different API keys. Send one key.")]
    DifferentCredentials,
    /// The key is malformed, unknown, revoked or expired.
    #[error(
        "Incorrect API key provided: {redacted}. Keys are created with `models-api key create`."
    )]
    IncorrectApiKey {
        /// The key, redacted.
        redacted: String,
        /// The reason, for the log only.
        refusal: KeyRefusal,
    },
    /// `OpenAI-Organization` names another organization than the key's.
    #[error("OpenAI-Organization header should match organization for API key")]
    MismatchedOrganization,
    /// `OpenAI-Project` names another project than the key's.
    #[error("OpenAI-Project header should match project for API key")]
    MismatchedProject,
    /// The key's role is too low, or the model does not belong to its organization. Holds the missing scope.
    #[error(
        "You have insufficient permissions for this operation. Missing scopes: {0}. Check that you have the correct role in \
         your organization (Reader, Writer, Owner) and that the model is your organization's own."
    )]
    MissingScope(&'static str),
    /// The peer may not send authorization requests.
    #[error(
        "The settings `authorization.allowed_clients` and `authorization.secret_file` do not allow this client."
    )]
    UnknownGateway,
    /// An admin key on a route of models, or another key on a route of administration. Holds the kind that the route needs.
    #[error("{}", .0.needed())]
    WrongKeyKind(KeyKind),
    /// The caller sees no model with this id. Holds the id, or the text of the path if it is not an id. The message masks
    /// keys: a user may paste a key as an id, and clients log error messages.
    #[error("The model '{}' does not exist", mask(.0))]
    ModelNotFound(String),
    /// A policy denies the id. Holds the id.
    #[error("A policy of your organization denies the model '{}'", mask(.0))]
    DeniedModel(String),
    /// The organization has another model with this id. Holds the id.
    #[error("The model '{}' already exists, with other content", mask(.0))]
    ModelExists(String),
    /// A public model has the id. Holds the id.
    #[error("The model '{}' is public, and no organization can register a model with its id", mask(.0))]
    PublicModelExists(String),
    /// `If-Match` names another state of the model.
    #[error("The model is not the one that If-Match names")]
    PreconditionFailed,
    /// The administrator's organization has no such project, service account or key. The message is the same if another
    /// organization has it.
    #[error("The {noun} '{}' does not exist", mask(id))]
    ResourceNotFound {
        /// What the id identifies.
        noun: &'static str,
        /// The last id in the path, as the client sent it.
        id: String,
    },
    /// The service has no such path.
    #[error("Invalid URL ({} {}){hint}", mask(method), mask(path))]
    UnknownUrl {
        /// The method of the request.
        method: String,
        /// The path of the request.
        path: String,
        /// A suggestion, or an empty text.
        hint: &'static str,
    },
    /// The path does not support this method.
    #[error(
        "Invalid method for URL ({} {}){}",
        mask(method),
        mask(path),
        cors_hint(method)
    )]
    MethodNotAllowed {
        /// The method of the request.
        method: String,
        /// The path of the request.
        path: String,
        /// The methods that the path supports.
        allow: String,
    },
    /// The body exceeds `limits.body_kib`, or the limit of its route.
    #[error("The request body is too large.")]
    BodyTooLarge,
    /// The head exceeds `limits.head_kib` or the largest number of headers.
    #[error(
        "The request's headers are too large or too many. The path and the headers may have `limits.head_kib` KiB in all, and \
         there may be 96 headers."
    )]
    HeadTooLarge,
    /// The request did not arrive in time.
    #[error("The request took too long to arrive.")]
    RequestTimeout,
    /// The key exceeded its rate limit.
    #[error(
        "Rate limit reached for requests per min (RPM): Limit {limit}, Requested 1. Please try again in {retry_after}s."
    )]
    RateLimited {
        /// The number of requests that the key may make per minute.
        limit: u32,
        /// The seconds to wait.
        retry_after: u64,
    },
    /// The address exceeded the limit on incorrect keys.
    #[error(
        "Too many incorrect API keys came from your address. Please try again in {retry_after}s."
    )]
    TooManyFailures {
        /// The seconds to wait.
        retry_after: u64,
    },
    /// The service failed. Holds the reason, for the log only.
    #[error("The server had an error processing your request.")]
    Fault(String),
    /// The service already handles `limits.requests_in_flight` requests.
    #[error("The server is overloaded or not ready yet.")]
    TooManyInFlight,
    /// The store is unreachable, or the service is overloaded. Holds the reason, for the log only.
    #[error("The server is overloaded or not ready yet.")]
    Overloaded(String),
    /// The store did not confirm a change in time, and may have made it. Holds the reason, for the log only.
    #[error(
        "The server is overloaded or not ready yet. The change may have been made nevertheless; check before you retry."
    )]
    InDoubt(String),
}

/// A hint for browsers, which send OPTIONS before a page may call the API.
fn cors_hint(method: &str) -> &'static str {
    if method == "OPTIONS" {
        ". To let pages in browsers call this API, name their origins in the setting `server.cors_origins`."
    } else {
        ""
    }
}

struct Row<'a> {
    status: StatusCode,
    kind: &'static str,
    param: Option<&'a str>,
    code: Option<&'static str>,
    /// Whether a retry may succeed. If not, the response has `x-should-retry: false`, which SDKs obey.
    repeatable: bool,
}

impl ApiError {
    #[rustfmt::skip]
    fn row(&self) -> Row<'_> {
        const REQUEST: &str = "invalid_request_error";
        let (status, kind, param, code, repeatable) = match self {
            Self::BadRequest(_)
            | Self::ArchivedProject
            | Self::DefaultProject
            | Self::ExpiredKey           => (400, REQUEST, None, None, false),
            Self::InvalidParameter { name, problem } => (400, REQUEST, Some(name.as_str()), Some(problem.code()), false),
            Self::AmbiguousModel         => (400, REQUEST, Some("model"), Some("ambiguous_model"), false),
            Self::MissingCredentials
            | Self::MalformedCredentials
            | Self::DifferentCredentials => (401, REQUEST, None, None, false),
            Self::IncorrectApiKey { .. } => (401, REQUEST, None, Some("invalid_api_key"), false),
            Self::MismatchedOrganization => (401, REQUEST, None, Some("mismatched_organization"), false),
            Self::MismatchedProject      => (401, REQUEST, None, Some("mismatched_project"), false),
            Self::MissingScope(_)
            | Self::WrongKeyKind(_)
            | Self::UnknownGateway       => (403, REQUEST, None, None, false),
            Self::ModelNotFound(_)       => (404, REQUEST, Some("model"), Some("model_not_found"), false),
            Self::DeniedModel(_)         => (403, REQUEST, Some("id"), Some("model_denied"), false),
            Self::ModelExists(_)
            | Self::PublicModelExists(_) => (409, REQUEST, Some("id"), Some("model_already_exists"), false),
            Self::PreconditionFailed     => (412, REQUEST, None, Some("precondition_failed"), false),
            Self::ResourceNotFound { .. }
            | Self::UnknownUrl { .. }    => (404, REQUEST, None, None, false),
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

    /// Returns the response to the request with this id.
    #[must_use]
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.row().status);
        for header in self.headers() {
            response.insert_header(header);
        }
        response.body(self.body(request_id))
    }

    /// Returns the envelope as JSON. The message of a fault contains the request's id.
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

    /// Returns the headers of this error, without the headers of every response.
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
