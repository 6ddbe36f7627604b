//! Authentication and authorization of a request. A handler with the argument [`Authorized`] runs only for callers with
//! the permission of its route.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use models_core::{OrganizationId, Permission, Principal, Slug};
use models_node::KeyRefusal;

use crate::access::credentials::CredentialPlaces;
use crate::access::look_up::look_up;
use crate::access::permission;
use crate::access::rate_limit::Allowance;
use crate::access::redaction::redact;
use crate::access::services::Services;
use crate::access::session::Session;
use crate::clock::now_roughly;
use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::routes::table::{Access, Route, Template};

/// The session of a key that has the permission of the route. A change checks the key again in its own transaction.
pub struct Authorized(pub Arc<Session>);

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authorize(&request).await.map(Self) })
    }
}

async fn authorize(request: &HttpRequest) -> Result<Arc<Session>, ApiError> {
    let fields = Fields::of(request.head());
    let route = Route::find(fields.method(), Template::of(fields.path()));
    let Some(Access::Key(permission)) = route.map(|route| route.access) else {
        return Err(ApiError::Fault(
            "the table has no permission for this route".to_owned(),
        ));
    };
    let services = request
        .app_data::<web::Data<Services>>()
        .expect("the application has its services");
    let token = services.credentials.token(&fields)?;
    let held = services.node.hold()?;
    let (held, session) = match services.node.sessions.get(&held, token, now_roughly) {
        Some(session) => (held, session),
        None => look_up(services, &fields, request.peer_addr(), token).await?,
    };
    let mut allowance = None;
    let admitted = admit(services, &session, &fields, permission, &mut allowance);
    let mut extensions = request.extensions_mut();
    extensions.insert(session.clone());
    allowance.map(|allowance| extensions.insert(allowance));
    match admitted {
        Ok(()) => Ok(session),
        // This refusal tells the client that its key is valid, so it also needs a held lease.
        Err(refusal) => Err(services.node.release(held, refusal)?.into_inner()),
    }
}

/// Checks whether the session may make this request: first the rate limit (429), then the organization and project
/// headers (401), then the permission (403). `allowance` keeps the result of the rate limit, so that a second call for
/// the same request does not count it twice.
pub(crate) fn admit(
    services: &Services,
    session: &Session,
    fields: &Fields<'_>,
    needed: Permission,
    allowance: &mut Option<Allowance>,
) -> Result<(), ApiError> {
    let principal = &session.principal;
    if let Some(rate_limit) = &services.rate_limit {
        let allowance = allowance.get_or_insert_with(|| rate_limit.take(&principal.key_id));
        allowance.check()?;
    }
    if !services.ignore_organization_headers {
        check_organization(
            fields.organizations(),
            &principal.organization_id,
            &principal.organization_slug,
        )?;
        check_project(fields.projects(), principal)?;
    }
    permission::check(needed, principal.permissions)
}

/// Returns the error for the key of this request, which became invalid while the service handled it.
#[must_use]
pub(crate) fn incorrect_api_key(
    request: &HttpRequest,
    places: CredentialPlaces,
    refusal: KeyRefusal,
) -> ApiError {
    match places.token(&Fields::of(request.head())) {
        Ok(token) => ApiError::IncorrectApiKey {
            redacted: redact(&String::from_utf8_lossy(token)),
            refusal,
        },
        Err(error) => error,
    }
}

/// The header may hold the organization's id or its slug. An empty header matches any organization: SDKs send one for an
/// empty environment variable.
pub(super) fn check_organization<'a>(
    mut values: impl Iterator<Item = &'a HeaderValue>,
    id: &OrganizationId,
    slug: &Slug,
) -> Result<(), ApiError> {
    let matches = values.all(|value| {
        value.is_empty()
            || value.as_bytes() == id.as_str().as_bytes()
            || value.as_bytes() == slug.as_str().as_bytes()
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
