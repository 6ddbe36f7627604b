//! `/v1/authorize` decides whether a key may call a model. `/v1/authorized-models` lists the models that it may call.
//!
//! Both have a listener of their own, because a caller of `/v1/authorize` can test keys and model ids.

use std::borrow::Cow;
use std::sync::Arc;

use actix_http::{Method, Request};
use actix_web::web::{self, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use models_node::{BootTime, Released};

use crate::access::credentials::{CredentialPlace, add};
use crate::access::gateway::Gateways;
use crate::access::look_up::look_up;
use crate::access::services::Services;
use crate::authorize::body;
use crate::authorize::path::Path;
use crate::authorize::request::AuthorizationRequest;
use crate::clock::now_roughly;
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

/// The authorization of clients' calls.
pub(crate) struct Authorization {
    pub(crate) services: Services,
    pub(crate) gateways: Gateways,
    /// The paths on which the key alone decides, beside the known routes.
    pub(crate) open_paths: Vec<Path<'static>>,
}

impl Authorization {
    /// The authorization according to the settings.
    pub(crate) fn new(settings: &Settings, node: Node, metrics: Arc<Metrics>) -> Self {
        let authorization = &settings.authorization;
        let gateways = Gateways {
            clients: authorization.allowed_clients.clone(),
            secret: authorization.secret,
        };
        let services = Services::new(settings, node, metrics);
        let services = Services {
            // An authorization request is not a request of the client.
            rate_limit: None,
            admin_rate_limit: None,
            trusted_proxies: services.trusted_proxies.and_peers(),
            ..services
        };
        Self {
            services,
            gateways,
            open_paths: authorization.open_paths.clone(),
        }
    }

    /// The authorization request in this head.
    fn request(&self, fields: &Fields<'_>) -> Result<AuthorizationRequest, ApiError> {
        let target = fields.target();
        let rest = target.strip_prefix(AUTHORIZE).unwrap_or(target);
        AuthorizationRequest::of(fields.head(), rest, &self.open_paths)
    }

    /// The client's key, from a header or from the query of one of Gemini's paths.
    fn token<'a>(
        &self,
        fields: &Fields<'a>,
        request: &'a AuthorizationRequest,
    ) -> Result<&'a [u8], ApiError> {
        let places = self.services.credentials;
        let mut found = places.found(fields)?;
        if places.has(CredentialPlace::Key) {
            for key in request.keys() {
                add(&mut found, Some(key))?;
            }
        }
        found.ok_or(ApiError::MissingCredentials)
    }

    /// The read for an authorization request.
    fn read<'a>(
        &self,
        fields: &'a Fields<'a>,
        request: &'a AuthorizationRequest,
    ) -> Result<ReadRequest<'a>, ApiError> {
        let token = self.token(fields, request)?;
        let target = Target::Call(request.model()?.map(Cow::Borrowed));
        Ok(ReadRequest::of_caller(fields, target, token))
    }
}

/// Configures the routes of the listener.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.default_service(web::to(respond));
}

/// The fast path: responds from memory to a request without a body.
pub(crate) fn respond_from_memory(
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
    let authorized = authorization.request(fields).ok()?;
    let read = authorization.read(fields, &authorized).ok()?;
    read::serve_from_memory(&authorization.services, began, &read, request)
}

async fn respond(
    request: HttpRequest,
    authorization: Data<Authorization>,
) -> Result<HttpResponse, ApiError> {
    let fields = Fields::of(request.head());
    authorization.gateways.check(request.peer_addr(), &fields)?;
    let mut authorized;
    let read = match Template::of(fields.path()) {
        Template::Authorize => {
            let parsed = authorization.request(&fields);
            // A client without a valid key learns nothing, and the service reads no body for it.
            let token = match &parsed {
                Ok(parsed) => authorization.token(&fields, parsed)?,
                Err(_) => authorization.services.credentials.token(&fields)?,
            };
            authenticate(&authorization.services, &request, &fields, token).await?;
            authorized = parsed?;
            let body = request.extensions_mut().remove::<Streamed>();
            if let (Some(form), Some(body)) = (authorized.body(), body) {
                authorized.add_body(body::find_model(request.headers(), body, form).await)?;
            }
            authorization.read(&fields, &authorized)?
        }
        Template::AuthorizedModels if [Method::GET, Method::HEAD].contains(request.method()) => {
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

/// Checks that the token is a valid key.
async fn authenticate(
    services: &Services,
    request: &HttpRequest,
    fields: &Fields<'_>,
    token: &[u8],
) -> Result<(), ApiError> {
    let node = &services.node;
    let known = node.sessions.get(&node.hold()?, token, now_roughly);
    if known.is_none() {
        look_up(services, fields, request.peer_addr(), token).await?;
    }
    Ok(())
}
