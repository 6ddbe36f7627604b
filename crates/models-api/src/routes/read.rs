//! Reads: what is answered to them, and how memory answers most of them at once.
//!
//! A read whose key and view are in memory takes no turn through the router and waits for nothing.
//! One that is refused, unusual, or not in memory goes the long way, to the handlers. They ask the
//! same functions, and say what is wrong with it. Both ways read memory under a held lease, and
//! [`list`] and [`model`] release the response only if that same lease has not ended.

use std::borrow::Cow;
use std::sync::Arc;

use actix_http::body::BoxBody;
use actix_http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, IF_NONE_MATCH};
use actix_http::{HttpMessage, Method, Request, Response};
use models_core::RepositoryError;
use models_node::{BootTime, HeldLease, Released};

use crate::access::authentication::Session;
use crate::access::caller::{Caller, READ, bearer_bytes, check};
use crate::dialects::openai::view::View;
use crate::http::coding::Accepted;
use crate::http::conditional::matches;
use crate::http::representation::not_modified;
use crate::node::Node;
use crate::node::revision::X_MODELS_REVISION;
use crate::routes::path::{LIST, model_id};
use crate::server::application::Services;
use crate::server::respond::{is_client_request_id, length_of, target_length};

/// What a request says of the answer that it would like.
pub(crate) struct Wishes<'a> {
    headers: &'a HeaderMap,
    has_conditions: bool,
    takes_codings: bool,
}

impl<'a> Wishes<'a> {
    /// Whatever is among these headers.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        Self {
            headers,
            has_conditions: true,
            takes_codings: true,
        }
    }

    fn conditions(&self) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        let found = self
            .has_conditions
            .then(|| self.headers.get_all(IF_NONE_MATCH));
        found.into_iter().flatten()
    }

    fn codings(&self) -> Accepted {
        let found = self
            .takes_codings
            .then(|| self.headers.get_all(ACCEPT_ENCODING));
        Accepted::of(found.into_iter().flatten())
    }
}

/// The response with the list of this view, released by the lease under which the session and the view
/// were read.
pub(crate) fn list(
    node: &Node,
    held: HeldLease,
    session: &Session,
    view: &Arc<View>,
    wishes: &Wishes<'_>,
) -> Result<Released<Response<BoxBody>>, RepositoryError> {
    let accepted = wishes.codings();
    let mut response = match view.list().validator(wishes.conditions(), accepted) {
        Some(etag) => not_modified(etag),
        None => node
            .catalog
            .list(&session.principal, view, accepted)
            .answer(),
    };
    response
        .headers_mut()
        .append(X_MODELS_REVISION, view.revision());
    node.release(held, response)
}

/// The response with the model of this id, if the view has one, released by the lease under which the
/// session and the view were read.
pub(crate) fn model(
    node: &Node,
    held: HeldLease,
    view: &View,
    id: &str,
    wishes: &Wishes<'_>,
) -> Result<Released<Option<Response<BoxBody>>>, RepositoryError> {
    let model = view.model(id).map(|model| {
        let mut response = if wishes
            .conditions()
            .any(|condition| matches(condition, &model.etag))
        {
            not_modified(model.etag)
        } else {
            model.answer()
        };
        response
            .headers_mut()
            .append(X_MODELS_REVISION, view.revision());
        response
    });
    node.release(held, model)
}

/// A caller's session and view, read under one lease.
pub(crate) struct Shown {
    pub(crate) held: HeldLease,
    pub(crate) session: Arc<Session>,
    pub(crate) view: Arc<View>,
}

/// The caller's view. The request may have waited since its key was checked, and waits here if the
/// view has to be loaded; so the lease is acquired anew for the view, and the session is taken from
/// memory again under that one.
pub(crate) async fn show(node: &Node, caller: Caller) -> Result<Shown, RepositoryError> {
    let Caller {
        held: held_before,
        session,
        token,
    } = caller;
    let (held, view) = node
        .catalog
        .view(|| node.hold(), &session.principal)
        .await?;
    let again = node.authenticator.remember(&held, &token);
    let is_same = |again: &Arc<Session>| again.principal == session.principal;
    Ok(match again.filter(is_same) {
        Some(session) => Shown {
            held,
            session,
            view,
        },
        // It was good under the earlier lease, and may be used for as long as that one lasts.
        None => Shown {
            held: held.and(&held_before),
            session,
            view,
        },
    })
}

/// A read that was served from memory.
pub(crate) type Read = Released<Reply>;

/// A response, and to whom.
pub(crate) struct Reply {
    pub(crate) session: Arc<Session>,
    pub(crate) response: Response<BoxBody>,
}

/// The response to this request, if it is a read of the usual form, with a good key, of something that
/// is there, and memory has all that. `began` is when the request was here.
pub(crate) fn remember(services: &Services, began: BootTime, request: &Request) -> Option<Read> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || services.rate_limit.is_some() {
        return None;
    }
    let asked = Asked::of(request.path())?;
    let Usual {
        authorization,
        organization,
        project,
        length,
        has_conditions,
        takes_codings,
    } = Usual::of(request.headers())?;
    if target_length(request) + length > services.head_limit {
        return None;
    }
    let wishes = Wishes {
        headers: request.headers(),
        has_conditions,
        takes_codings,
    };
    let node = &services.node;
    let held = node.hold_at(began)?;
    let token = bearer_bytes(authorization?)?;
    let session = node.authenticator.remember(&held, token)?;
    let (organization, project) = (organization.into_iter(), project.into_iter());
    check(services, &session.principal, organization, project, READ).ok()?;
    let view = node.catalog.remember(&held, &session.principal)?;
    let response = match asked {
        Asked::List => list(node, held, &session, &view, &wishes).ok()?,
        Asked::Model(id) => model(node, held, &view, &id, &wishes).ok()?.transpose()?,
    };
    Some(response.map(|response| Reply { session, response }))
}

#[cfg(test)]
mod interleavings;

enum Asked<'a> {
    List,
    Model(Cow<'a, str>),
}

impl<'a> Asked<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path.strip_prefix(LIST)? {
            "" => Some(Self::List),
            rest => {
                let sent = rest.strip_prefix('/')?;
                // What has no escapes stands for itself. If it is no id, nothing is found.
                Some(Self::Model(if sent.contains('%') {
                    Cow::Owned(model_id(path).ok()?.into())
                } else {
                    Cow::Borrowed(sent)
                }))
            }
        }
    }
}

/// The headers that say who asks, and whether there are others that the answer depends on.
#[derive(Default)]
struct Usual<'a> {
    authorization: Option<&'a HeaderValue>,
    organization: Option<&'a HeaderValue>,
    project: Option<&'a HeaderValue>,
    /// Of all headers, in bytes.
    length: usize,
    has_conditions: bool,
    takes_codings: bool,
}

impl<'a> Usual<'a> {
    /// Looks at each header once. `None` if one is there that asks for more than an answer, or
    /// one of these more than once.
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let mut usual = Self::default();
        for (name, value) in headers {
            usual.length += length_of((name, value));
            let place = match name.as_str() {
                "authorization" => &mut usual.authorization,
                "openai-organization" => &mut usual.organization,
                "openai-project" => &mut usual.project,
                "if-none-match" => {
                    usual.has_conditions = true;
                    continue;
                }
                "accept-encoding" => {
                    usual.takes_codings = true;
                    continue;
                }
                "x-client-request-id" if is_client_request_id(value) => continue,
                "x-client-request-id"
                | "content-length"
                | "transfer-encoding"
                | "expect"
                | "cache-control"
                | "x-models-min-revision" => return None,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        Some(usual)
    }
}
