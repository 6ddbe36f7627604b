//! Who is asking, and whether that is enough. A handler states in its signature what it needs; this
//! is the only place of the service where roles are compared.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use models_core::{KeyDigest, Principal, Role};
use models_node::HeldLease;

use crate::access::authentication::{Session, redact};
use crate::access::key_refusal::KeyRefusal;
use crate::dialects::openai::error::ApiError;
use crate::server::application::Services;

const OPENAI_ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const OPENAI_PROJECT: HeaderName = HeaderName::from_static("openai-project");

/// What a request needs a key for.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    role: Role,
    /// What a key of a lower role lacks, in OpenAI's words.
    scope: &'static str,
}

/// To list and retrieve.
pub(crate) const READ: Need = Need {
    role: Role::Reader,
    scope: "api.model.read",
};
/// To delete.
pub(crate) const DELETE: Need = Need {
    role: Role::Owner,
    scope: "api.delete",
};

impl Need {
    /// The refusal of a key that may not.
    pub(crate) fn refusal(self) -> ApiError {
        ApiError::MissingScope(self.scope)
    }
}

/// A key that may list and retrieve.
pub struct Caller {
    /// The lease under which the session was read.
    pub(crate) held: HeldLease,
    pub(crate) session: Arc<Session>,
    /// The key.
    pub(crate) token: Box<[u8]>,
}

/// A key that may delete. The deletion checks it again, in its own transaction.
pub struct Owner(pub Arc<Session>);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { require(&request, READ).await })
    }
}

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = require(&request, DELETE).await?;
            Ok(Self(caller.session))
        })
    }
}

/// Credentials first (401), then the rate limit (429), and then the rest.
async fn require(request: &HttpRequest, need: Need) -> Result<Caller, ApiError> {
    let token = only_token(request)?;
    let services = request
        .app_data::<web::Data<Services>>()
        .expect("the application has its services");
    let held = services.node.hold()?;
    let (held, session) = session(services, request, &token, held).await?;
    if let Err(refusal) = allow(services, request, &session, need) {
        // A refusal says that the key is good.
        return Err(services.node.release(held, refusal)?.into_inner());
    }
    Ok(Caller {
        held,
        session,
        token: token.as_bytes().into(),
    })
}

/// Whether the session may do this, now.
fn allow(
    services: &Services,
    request: &HttpRequest,
    session: &Arc<Session>,
    need: Need,
) -> Result<(), ApiError> {
    request.extensions_mut().insert(session.clone());
    if let Some(rate_limit) = &services.rate_limit {
        let allowance = rate_limit.take(&session.principal.key_id);
        request.extensions_mut().insert(allowance.clone());
        if let Some(wait) = allowance.retry_after {
            return Err(ApiError::RateLimited(allowance.limit, wait.as_secs()));
        }
    }
    let organization = request.headers().get_all(OPENAI_ORGANIZATION);
    let project = request.headers().get_all(OPENAI_PROJECT);
    check(services, &session.principal, organization, project, need)
}

/// The session of the token. A token that memory knows waits for nothing. Any other is looked up, at
/// once or slowly: that depends on the incorrect keys that came from the same address.
async fn session(
    services: &Services,
    request: &HttpRequest,
    token: &str,
    held: HeldLease,
) -> Result<(HeldLease, Arc<Session>), ApiError> {
    let authenticator = &services.node.authenticator;
    if let Some(session) = authenticator.remember(&held, token.as_bytes()) {
        return Ok((held, session));
    }
    let limit = services.failure_limit.as_ref().zip(request.peer_addr());
    let limit = limit.map(|(limit, peer)| {
        let proxies = &services.trusted_proxies;
        (limit, proxies.client_address(peer.ip(), request.headers()))
    });
    if let Some((limit, address)) = limit
        && authenticator.needs_look_up(&held, token)
    {
        match limit.wait_for_look_up(address).await {
            Ok(is_throttled) => services.node.metrics.looked_up(is_throttled),
            Err(wait) => return Err(ApiError::TooManyFailures(wait.as_secs())),
        }
    }
    let acquire = || services.node.hold();
    let found = authenticator.authenticate(acquire, token).await?;
    found.map_err(|refusal| {
        if let Some((limit, address)) = limit {
            limit.count(address, KeyDigest::of_unchecked(token.as_bytes()));
        }
        ApiError::IncorrectApiKey(redact(token), refusal)
    })
}

/// What is asked of a good key: that the organization and project headers are its own (401), and
/// that its role is enough (403).
pub(crate) fn check<'a>(
    services: &Services,
    principal: &Principal,
    organization: impl Iterator<Item = &'a HeaderValue>,
    project: impl Iterator<Item = &'a HeaderValue>,
    need: Need,
) -> Result<(), ApiError> {
    if !services.ignore_organization_headers {
        check_organization(organization, principal)?;
        check_project(project, principal)?;
    }
    if principal.role < need.role {
        return Err(need.refusal());
    }
    Ok(())
}

/// The refusal of the key that the request carries.
#[must_use]
pub fn incorrect_api_key(request: &HttpRequest, refusal: KeyRefusal) -> ApiError {
    match only_token(request) {
        Ok(token) => ApiError::IncorrectApiKey(redact(&token), refusal),
        Err(error) => error,
    }
}

/// The token of the one `Authorization` header.
fn only_token(request: &HttpRequest) -> Result<Cow<'_, str>, ApiError> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = values.next().ok_or(ApiError::MissingCredentials)?;
    if values.next().is_some() {
        return Err(ApiError::BadRequest(
            "There must be one Authorization header.",
        ));
    }
    bearer_token(value).ok_or(ApiError::MalformedCredentials)
}

/// Everything after the first space of `Bearer …`; the scheme in any case.
fn bearer_token(authorization: &HeaderValue) -> Option<Cow<'_, str>> {
    let token = bearer_bytes(authorization)?;
    let token = match str::from_utf8(token) {
        Ok(token) => Cow::Borrowed(token),
        // It is no key; this is what it looks like when it is shown.
        Err(_) => String::from_utf8_lossy(token),
    };
    (!token.trim().is_empty()).then_some(token)
}

/// The same, whatever it is.
pub(crate) fn bearer_bytes(authorization: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: usize = "Bearer ".len();
    let (scheme, token) = authorization.as_bytes().split_at_checked(SCHEME)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// The header may give the organization's id or its slug. An empty one says nothing: an SDK sends
/// it for a variable that is set to nothing.
fn check_organization<'a>(
    mut values: impl Iterator<Item = &'a HeaderValue>,
    principal: &Principal,
) -> Result<(), ApiError> {
    let matches = values.all(|value| {
        value.is_empty()
            || value.as_bytes() == principal.organization_id.as_str().as_bytes()
            || value.as_bytes() == principal.organization_slug.as_str().as_bytes()
    });
    if matches {
        Ok(())
    } else {
        Err(ApiError::MismatchedOrganization)
    }
}

fn check_project<'a>(
    mut values: impl Iterator<Item = &'a HeaderValue>,
    principal: &Principal,
) -> Result<(), ApiError> {
    let expected = principal.project_id.as_str().as_bytes();
    if values.all(|value| value.is_empty() || value.as_bytes() == expected) {
        Ok(())
    } else {
        Err(ApiError::MismatchedProject)
    }
}
