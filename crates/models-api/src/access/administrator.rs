//! Authentication of an admin key. A handler with the argument [`AuthorizedAdmin`] runs only for valid admin keys.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use models_core::Administrator;
use models_node::HeldLease;

use crate::access::caller::check_organization;
use crate::access::credentials::CredentialPlaces;
use crate::access::look_up::look_up_with;
use crate::access::rate_limit::Allowance;
use crate::access::services::Services;
use crate::clock::now_roughly;
use crate::dialects::openai::error::{ApiError, KeyKind};
use crate::http::fields::Fields;

/// The administrator whom a valid admin key authenticates, and the lease under which the key was valid. A change checks
/// the key again in its own transaction.
pub struct AuthorizedAdmin {
    /// The administrator.
    pub administrator: Arc<Administrator>,
    /// The lease.
    pub held: HeldLease,
}

impl FromRequest for AuthorizedAdmin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authorize(&request).await })
    }
}

async fn authorize(request: &HttpRequest) -> Result<AuthorizedAdmin, ApiError> {
    let fields = Fields::of(request.head());
    let token = CredentialPlaces::AUTHORIZATION.token(&fields)?;
    let services = request
        .app_data::<web::Data<Services>>()
        .expect("the application has its services");
    let node = &services.node;
    let found = look_up_with(
        services,
        &fields,
        request.peer_addr(),
        token,
        KeyKind::Admin,
        async |token| {
            let hold = || node.hold();
            node.sessions.administrator(hold, token, now_roughly).await
        },
    );
    let (held, administrator) = found.await?;
    let mut allowance = None;
    let admitted = admit(services, &administrator, &fields, &mut allowance);
    let mut extensions = request.extensions_mut();
    extensions.insert(administrator.clone());
    allowance.map(|allowance| extensions.insert(allowance));
    match admitted {
        Ok(()) => Ok(AuthorizedAdmin {
            administrator,
            held,
        }),
        // This refusal tells the client that its key is valid, so it also needs a held lease.
        Err(refusal) => Err(node.release(held, refusal)?.into_inner()),
    }
}

/// Checks the rate limit (429), then the organization header (401). An admin key belongs to no project, so the project
/// header has no meaning here.
fn admit(
    services: &Services,
    administrator: &Administrator,
    fields: &Fields<'_>,
    allowance: &mut Option<Allowance>,
) -> Result<(), ApiError> {
    if let Some(rate_limit) = &services.admin_rate_limit {
        let allowance = allowance.insert(rate_limit.take(&administrator.key_id));
        allowance.check()?;
    }
    if services.ignore_organization_headers {
        return Ok(());
    }
    check_organization(
        fields.organizations(),
        &administrator.organization_id,
        &administrator.organization_slug,
    )
}
