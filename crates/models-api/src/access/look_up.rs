//! The look-up of a token. It waits if the address of the client has sent too many incorrect keys.

use std::net::SocketAddr;
use std::sync::Arc;

use models_core::{KeyDigest, RepositoryError};
use models_node::{HeldLease, KeyRefusal};

use crate::access::redaction::redact;
use crate::access::services::Services;
use crate::access::session::Session;
use crate::clock::now_roughly;
use crate::dialects::openai::error::{ApiError, KeyKind};
use crate::http::fields::Fields;

/// Looks up the token of an API key that has no session in memory. Returns the session, and the lease under which it may
/// be used.
pub(crate) async fn look_up(
    services: &Services,
    fields: &Fields<'_>,
    peer: Option<SocketAddr>,
    token: &[u8],
) -> Result<(HeldLease, Arc<Session>), ApiError> {
    let node = &services.node;
    let authenticate = async |token: &str| {
        let hold = || node.hold();
        node.sessions.authenticate(hold, token, now_roughly).await
    };
    look_up_with(services, fields, peer, token, KeyKind::ApiKey, authenticate).await
}

/// Looks up a token with this function. An incorrect key counts for the limit of its address, and a key of the other kind
/// does not.
pub(super) async fn look_up_with<T>(
    services: &Services,
    fields: &Fields<'_>,
    peer: Option<SocketAddr>,
    token: &[u8],
    needed: KeyKind,
    authenticate: impl AsyncFnOnce(&str) -> Result<Result<T, KeyRefusal>, RepositoryError>,
) -> Result<T, ApiError> {
    let token = &*String::from_utf8_lossy(token);
    if token.trim().is_empty() {
        return Err(ApiError::MalformedCredentials);
    }
    let sessions = &services.node.sessions;
    let limit = services.failure_limit.as_ref().zip(peer);
    let limit = limit.map(|(limit, peer)| {
        let proxies = &services.trusted_proxies;
        (limit, proxies.client_address(peer.ip(), fields.headers()))
    });
    if let Some((limit, address)) = limit
        && sessions.needs_look_up(&services.node.hold()?, token)
    {
        match limit.wait_for_look_up(address).await {
            Ok(is_throttled) => services.metrics.looked_up(is_throttled),
            Err(wait) => {
                let retry_after = wait.as_secs();
                return Err(ApiError::TooManyFailures { retry_after });
            }
        }
    }
    authenticate(token).await?.map_err(|refusal| {
        let error = refused(redact(token), refusal, needed);
        if let (Some((limit, address)), ApiError::IncorrectApiKey { .. }) = (limit, &error) {
            limit.count(address, KeyDigest::of_unchecked(token.as_bytes()));
        }
        error
    })
}

/// The error for a refused key. `redacted` is the key, redacted, and `needed` the kind of keys of the route.
pub(super) fn refused(redacted: String, refusal: KeyRefusal, needed: KeyKind) -> ApiError {
    match refusal {
        KeyRefusal::WrongKind => ApiError::WrongKeyKind(needed),
        KeyRefusal::Malformed | KeyRefusal::Unknown | KeyRefusal::Bad(..) => {
            ApiError::IncorrectApiKey { redacted, refusal }
        }
    }
}
