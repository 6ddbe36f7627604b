//! `/v1/authorize`: may this credential call this model? And `/v1/authorized-models`: which models may it call?
//!
//! The routes have a listener of their own, because the answers are an oracle: who may ask can test keys and ids.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use actix_http::Request;
use actix_http::header::HeaderMap;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use actix_web::web::{self, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use models_node::{BootTime, Released};

use crate::access::credentials::{CredentialPlace, add};
use crate::access::gateway::Gateways;
use crate::access::services::Services;
use crate::authorize::body::{BodyError, form, json::Scanner};
use crate::authorize::path::Path;
use crate::authorize::question::{BodyForm, Question};
use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::http::streamed::Streamed;
use crate::node::Node;
use crate::routes::read::{self, ReadRequest, Reply, Target};
use crate::routes::table::Template;
use crate::routes::unknown_url;
use crate::server::metrics::Metrics;
use crate::settings::Settings;

/// The path below which a gateway may append the client's path.
const AUTHORIZE: &str = Template::Authorize.pattern();

/// The header with which Envoy says that it sends the beginning of a body alone.
const PARTIAL: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");
const MULTIPART: &str = "multipart/";

/// What a gateway may ask.
pub(crate) struct Authorization {
    pub(crate) services: Services,
    pub(crate) gateways: Gateways,
    /// The paths whose requests the key alone decides, beside the known routes.
    pub(crate) open_paths: Vec<Path<'static>>,
}

impl Authorization {
    /// What gateways may ask of this node, according to the settings.
    pub(crate) fn new(settings: &Settings, node: Node, metrics: Arc<Metrics>) -> Self {
        let authorization = &settings.authorization;
        let paths = authorization.open_paths.iter();
        let open_paths = paths.filter_map(|path| Path::decode(path).ok().map(Path::into_owned));
        let gateways = Gateways {
            clients: authorization.allowed_clients.clone(),
            secret: authorization.secret,
        };
        let services = Services::new(settings, node, metrics);
        let services = Services {
            // A question is not a request of the key.
            rate_limit: None,
            admin_rate_limit: None,
            trusted_proxies: services.trusted_proxies.and_peers(),
            ..services
        };
        Self {
            services,
            gateways,
            open_paths: open_paths.collect(),
        }
    }

    /// The question in this head.
    fn question(&self, fields: &Fields<'_>) -> Result<Question, ApiError> {
        let target = fields.target();
        let rest = target.strip_prefix(AUTHORIZE).unwrap_or(target);
        Question::of(fields.head(), rest, &self.open_paths)
    }

    /// The token of the client, in a header or in the query of a path of Gemini.
    fn token<'a>(&self, fields: &Fields<'a>, question: &'a Question) -> Result<&'a [u8], ApiError> {
        let places = self.services.credentials;
        let mut found = places.found(fields)?;
        if places.has(CredentialPlace::Key) {
            for key in question.keys() {
                add(&mut found, Some(key))?;
            }
        }
        found.ok_or(ApiError::MissingCredentials)
    }

    /// The read that answers a question.
    fn read<'a>(
        &self,
        fields: &'a Fields<'a>,
        question: &'a Question,
    ) -> Result<ReadRequest<'a>, ApiError> {
        // The credential is checked first, so that a client without one learns nothing.
        let token = self.token(fields, question)?;
        let target = Target::Call(question.model()?.map(Cow::Borrowed));
        Ok(ReadRequest::of_caller(fields, target, token))
    }
}

/// Configures the routes of the listener.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.default_service(web::to(answer));
}

/// The fast path: answers from memory if the head alone asks.
pub(crate) fn answer_from_memory(
    authorization: &Authorization,
    began: BootTime,
    fields: &Fields<'_>,
    request: &Request,
) -> Option<Released<Reply>> {
    if fields.announces_body || Template::of(fields.path()) != Template::Authorize {
        return None;
    }
    let gateways = &authorization.gateways;
    gateways.check(request.peer_addr(), fields).ok()?;
    let question = authorization.question(fields).ok()?;
    let read = authorization.read(fields, &question).ok()?;
    read::serve_from_memory(&authorization.services, began, &read, request)
}

async fn answer(
    request: HttpRequest,
    authorization: Data<Authorization>,
) -> Result<HttpResponse, ApiError> {
    let fields = Fields::of(request.head());
    authorization.gateways.check(request.peer_addr(), &fields)?;
    let mut question;
    let read = match Template::of(fields.path()) {
        Template::Authorize => {
            question = authorization.question(&fields)?;
            // Without a credential, the body is not read.
            authorization.token(&fields, &question)?;
            let body = request.extensions_mut().remove::<Streamed>();
            if let (Some(form), Some(body)) = (question.body(), body) {
                question.add_body(find_model(&request, body, form).await)?;
            }
            authorization.read(&fields, &question)?
        }
        Template::AuthorizedModels if request.method().is_safe() => {
            let token = authorization.services.credentials.token(&fields)?;
            ReadRequest::of_caller(&fields, Target::List, token)
        }
        Template::Index
        | Template::List
        | Template::Model
        | Template::Administration(_)
        | Template::AuthorizedModels
        | Template::None => return Err(unknown_url(&request)),
    };
    let response = read::serve(&authorization.services, &request, &read).await?;
    Ok(HttpResponse::from(response))
}

/// Finds the model in the body while it arrives.
async fn find_model(
    request: &HttpRequest,
    mut body: Streamed,
    form: BodyForm,
) -> Result<String, BodyError> {
    let headers = request.headers();
    if is_partial(headers) || is_encoded(headers) {
        return Err(BodyError::Malformed);
    }
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.map_or(Ok(""), |value| value.to_str());
    let content_type = content_type.map_err(|_| BodyError::Malformed)?;
    let kind = content_type.trim_start().get(..MULTIPART.len());
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case(MULTIPART)) {
        return match form {
            BodyForm::FormOrJson => form::model(content_type, body.into_stream()).await,
            BodyForm::Json => Err(BodyError::Malformed),
        };
    }
    let mut scanner = Scanner::new();
    let mut is_empty = true;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| {
            if error.kind() == io::ErrorKind::FileTooLarge {
                BodyError::TooLarge
            } else {
                BodyError::Malformed
            }
        })?;
        is_empty &= piece.is_empty();
        scanner.scan(&piece)?;
    }
    if is_empty {
        return Err(BodyError::NoModel);
    }
    scanner.finish()
}

/// Whether the gateway sent the beginning of the body alone.
fn is_partial(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(PARTIAL);
    values.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"false"))
}

/// Whether the body has a content coding, such as gzip.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_ENCODING);
    values.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}
