//! Who is asking, and whether that is enough. A handler states in its signature what it needs; this
//! is the only place of the service where roles are compared.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use models_core::{Principal, Role};

use crate::application::Services;
use crate::authentication::redact;
use crate::clock::now;
use crate::error::ApiError;

const OPENAI_ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const OPENAI_PROJECT: HeaderName = HeaderName::from_static("openai-project");

/// What a key that may not read lacks, in OpenAI's words.
const READ: &str = "api.model.read";
/// What a key that may not delete lacks.
pub const DELETE: &str = "api.delete";

/// A key that may list and retrieve.
pub struct Caller(pub Arc<Principal>);

/// A key that may delete.
pub struct Owner(pub Arc<Principal>);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { require(&request, Role::Reader, READ).await.map(Self) })
    }
}

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { require(&request, Role::Owner, DELETE).await.map(Self) })
    }
}

/// Credentials first (401), then the rate limit (429), the organization and project headers (401),
/// and the role (403).
async fn require(
    request: &HttpRequest,
    role: Role,
    scope: &'static str,
) -> Result<Arc<Principal>, ApiError> {
    let token = bearer_token(request)?;
    let services = request
        .app_data::<web::Data<Services>>()
        .expect("the application has its services");
    services.node.check_lease()?;
    let authenticator = &services.node.authenticator;
    let found = authenticator.authenticate(&token, now()).await?;
    let principal = found.ok_or_else(|| ApiError::IncorrectApiKey(redact(&token)))?;
    request.extensions_mut().insert(principal.clone());
    if let Some(rate_limit) = &services.rate_limit {
        let allowance = rate_limit.take(&principal.key_id);
        request.extensions_mut().insert(allowance.clone());
        if let Some(wait) = allowance.retry_after {
            return Err(ApiError::RateLimited(allowance.limit, wait.as_secs()));
        }
    }
    if !services.ignore_organization_headers {
        check_organization(request, &principal)?;
        check_project(request, &principal)?;
    }
    if principal.role < role {
        return Err(ApiError::MissingScope(scope));
    }
    Ok(principal)
}

/// That the key which the request carries is not, or no longer, good.
#[must_use]
pub fn incorrect_api_key(request: &HttpRequest) -> ApiError {
    match bearer_token(request) {
        Ok(token) => ApiError::IncorrectApiKey(redact(&token)),
        Err(error) => error,
    }
}

/// Everything after the first space of `Authorization: Bearer …`; the scheme in any case.
fn bearer_token(request: &HttpRequest) -> Result<String, ApiError> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = values.next().ok_or(ApiError::MissingCredentials)?;
    if values.next().is_some() {
        return Err(ApiError::BadRequest(
            "There must be one Authorization header.",
        ));
    }
    let value = String::from_utf8_lossy(value.as_bytes());
    match value.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() =>
        {
            Ok(token.to_owned())
        }
        _ => Err(ApiError::MissingCredentials),
    }
}

/// The header may give the organization's id or its slug. An empty one says nothing: an SDK sends
/// it for a variable that is set to nothing.
fn check_organization(request: &HttpRequest, principal: &Principal) -> Result<(), ApiError> {
    let matches = request.headers().get_all(OPENAI_ORGANIZATION).all(|value| {
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

fn check_project(request: &HttpRequest, principal: &Principal) -> Result<(), ApiError> {
    let expected = principal.project_id.as_str().as_bytes();
    let matches = request
        .headers()
        .get_all(OPENAI_PROJECT)
        .all(|value| value.is_empty() || value.as_bytes() == expected);
    if matches {
        Ok(())
    } else {
        Err(ApiError::MismatchedProject)
    }
}
