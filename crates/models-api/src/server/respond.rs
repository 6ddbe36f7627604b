//! Around the whole application: each request gets its id, each answer its headers, and each
//! failure, whoever raised it, the envelope. A panic in a handler is a 500; the process lives.

mod exchange;
mod headers;
mod logged;
mod refusals;
mod stopping;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::header::{
    CONTENT_LENGTH, EXPECT, HeaderMap, HeaderValue, TRANSFER_ENCODING, USER_AGENT, VARY,
};
use actix_http::{ConnectionType, Request, Response, StatusCode};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::{Error, HttpMessage};
use futures_util::future::{Either, ready};
use futures_util::{FutureExt, StreamExt};
use models_node::{BootTime, Clock, Released};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

use crate::access::address::TrustedProxies;
use crate::dialects::openai::error::ApiError;
use crate::http::cors::{self, Cors};
use crate::http::fields::{Fields, X_CLIENT_REQUEST_ID};
use crate::http::revision::{RevisionHeader, X_MODELS_REVISION};
use crate::routes::read::Reply;
use crate::server::connection::{Body, InFlight};
use crate::server::metrics::Metrics;
use crate::server::request_id::RequestId;
use crate::server::requester::Requester;
use exchange::{Answered, Exchange, Line};
pub(crate) use headers::standard_headers;
use headers::{
    DEPENDS_ON_ORIGIN_TOO, X_REQUEST_ID, insert_allowance, insert_session, insert_standard,
};
pub(crate) use logged::Logged;
pub(crate) use refusals::Refusals;
pub(crate) use stopping::ToldToStop;
use stopping::out_of_time;

/// The longest `X-Client-Request-Id`, in characters; OpenAI's own limit.
const LONGEST_CLIENT_REQUEST_ID: usize = 512;

/// How requests are received.
#[derive(Clone)]
pub(crate) struct Reception {
    /// The node's clock, which its lease is counted on.
    pub(crate) clock: Clock,
    /// Take the gateway's `x-request-id` for ours.
    pub(crate) trust_request_id: bool,
    /// Which origins may read the answers.
    pub(crate) cors: Cors,
    /// The proxies whose `X-Forwarded-For` names the client, in the log.
    pub(crate) trusted_proxies: Arc<TrustedProxies>,
    /// Which answers are logged.
    pub(crate) logged: Logged,
    /// What a request may take.
    pub(crate) limits: RequestLimits,
    /// Where what is answered is counted.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// How long what is in flight may take when the service stops.
    pub(crate) grace: Duration,
}

/// What a request may take.
#[derive(Clone)]
pub(crate) struct RequestLimits {
    /// Bytes of a head.
    pub(crate) head: usize,
    /// Bytes that a body may announce. No route reads one.
    pub(crate) body: u64,
    /// A permit for each request that may be waiting.
    pub(crate) in_flight: Arc<Semaphore>,
    /// Until the answer.
    pub(crate) time: Duration,
}

/// Puts the application behind this layer. A read that `remember` answers does not come to it.
pub(crate) fn respond<F, S, B>(
    reception: Reception,
    stopping: watch::Receiver<bool>,
    remember: impl Fn(BootTime, &Fields<'_>, &Request) -> Option<Released<Reply>> + Clone,
    application: F,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = Response<BoxBody>,
    Error = Error,
    InitError = (),
>
where
    F: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        >,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let reception = Rc::new(reception);
    apply_fn_factory(
        application,
        move |request: Request, service: &S::Service| {
            let began = reception.clock.now();
            let arrived = catch_unwind(AssertUnwindSafe(|| {
                let fields = Fields::of(request.head());
                match reception.answer_early(&fields, &request) {
                    Some(early) => Arrived::Early(early),
                    None => {
                        remember(began, &fields, &request).map_or(Arrived::Slow, Arrived::Ready)
                    }
                }
            }));
            let early = match arrived {
                Ok(Arrived::Ready(read)) => {
                    let response = reception.finish_read(began, &request, read);
                    return Either::Left(ready(Ok(response)));
                }
                Ok(Arrived::Early(early)) => Some(early),
                Ok(Arrived::Slow) => None,
                Err(panic) => {
                    let exchange = reception.open(began, &request);
                    let mut answered = exchange.translate::<B>(Err(panic));
                    reception.finish(&exchange, &mut answered);
                    reception.log(&exchange, &answered);
                    return Either::Left(ready(Ok(answered.response)));
                }
            };
            let (reception, stopping) = (reception.clone(), stopping.clone());
            let work = work(reception, stopping, began, request, early, service);
            Either::Right(work.boxed_local())
        },
    )
}

/// What becomes of a request before the application sees it.
enum Arrived {
    /// Memory served it.
    Ready(Released<Reply>),
    Early(Early),
    /// The application serves it.
    Slow,
}

/// The long way, through the application.
fn work<S, B>(
    reception: Rc<Reception>,
    stopping: watch::Receiver<bool>,
    began: BootTime,
    mut request: Request,
    early: Option<Early>,
    service: &S,
) -> impl Future<Output = Result<Response<BoxBody>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let body = Body::of(&request, reception.limits.body);
    let answering = request
        .conn_data::<InFlight>()
        .map(|in_flight| in_flight.begin(body));
    discard_chunks(&mut request);
    let exchange = reception.open(began, &request);
    if !request.method().is_safe() {
        request.extensions_mut().insert(exchange.requester.clone());
    }
    let counted = reception.metrics.as_ref().map(InFlightCount::of);
    let limits = &reception.limits;
    let permit = limits.in_flight.clone().try_acquire_owned();
    let work = match early {
        Some(early) => Err(early),
        None if permit.is_err() => Err(Early::Refused(ApiError::TooManyInFlight)),
        None => Ok(catch_unwind(AssertUnwindSafe(|| service.call(request)))),
    };
    let time = limits.time;
    async move {
        let mut answered = match work {
            Err(Early::Preflight(response)) => Answered::from(*response),
            Err(Early::Refused(error)) => exchange.refuse(error),
            Ok(Err(panic)) => exchange.translate::<B>(Err(panic)),
            Ok(Ok(work)) => {
                if exchange.has_body {
                    // The dispatcher reads the body only while the answer is awaited, and
                    // one in chunks only when the task that forgets it has asked for it.
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                    }
                }
                let work = AssertUnwindSafe(work).catch_unwind();
                tokio::select! {
                    biased;
                    answer = work => exchange.translate(answer),
                    () = out_of_time(stopping, reception.grace) => exchange.refuse(too_late()),
                    () = sleep(time) => exchange.refuse(took_too_long()),
                }
            }
        };
        reception.finish(&exchange, &mut answered);
        reception.log(&exchange, &answered);
        let mut response = answered.response;
        if exchange.closes {
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        drop((answering, counted, permit));
        Ok(response)
    }
}

/// A request among those in flight, until it is dropped.
struct InFlightCount(Arc<Metrics>);

impl InFlightCount {
    fn of(metrics: &Arc<Metrics>) -> Self {
        metrics.in_flight.inc();
        Self(metrics.clone())
    }
}

impl Drop for InFlightCount {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}

/// What is answered without asking the application.
enum Early {
    Preflight(Box<Response<BoxBody>>),
    Refused(ApiError),
}

impl Reception {
    fn open(&self, began: BootTime, request: &Request) -> Exchange {
        Exchange {
            clock: self.clock.clone(),
            began,
            requester: Requester {
                request_id: self.request_id(request),
                client_request_id: request.headers().get(X_CLIENT_REQUEST_ID).cloned(),
                client: self.client(request),
                user_agent: request.headers().get(USER_AGENT).cloned(),
            },
            origin: self.cors.allowed_origin(request),
            method: request.method().clone(),
            path: request.path().to_owned(),
            has_body: announced_length(request).is_some_and(|length| length > 0)
                || request.headers().contains_key(TRANSFER_ENCODING),
            closes: is_upgrade(request)
                || [TRANSFER_ENCODING, EXPECT]
                    .iter()
                    .any(|name| request.headers().contains_key(name)),
        }
    }

    /// The client's address.
    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.peer_addr()?;
        Some(self.trusted_proxies.client(peer.ip(), request.headers()))
    }

    /// The gateway's id, where that is trusted, or one of our own.
    fn request_id(&self, request: &Request) -> RequestId {
        let given = self
            .trust_request_id
            .then(|| request.headers().get(X_REQUEST_ID));
        given
            .flatten()
            .and_then(RequestId::given)
            .unwrap_or_else(RequestId::new)
    }

    fn answer_early(&self, fields: &Fields<'_>, request: &Request) -> Option<Early> {
        if fields.length() > self.limits.head {
            return Some(Early::Refused(ApiError::HeadTooLarge));
        }
        if self.cors.is_preflight(request) {
            let mut response = Response::new(StatusCode::NO_CONTENT);
            if self.cors.allowed_origin(request).is_some() {
                cors::preflight(cors::requested_headers(request), response.headers_mut());
            }
            return Some(Early::Preflight(Box::new(response)));
        }
        if !fields.client_request_ids().all(is_client_request_id) {
            return Some(Early::Refused(ApiError::BadRequest(
                "X-Client-Request-Id must be at most 512 ASCII characters.",
            )));
        }
        let length = fields.announces_body.then(|| announced_length(request));
        if length
            .flatten()
            .is_some_and(|length| length > self.limits.body)
        {
            return Some(Early::Refused(ApiError::BodyTooLarge));
        }
        None
    }

    /// The answer to a read that memory answered.
    pub(crate) fn finish_read(
        &self,
        began: BootTime,
        request: &Request,
        read: Released<Reply>,
    ) -> Response<BoxBody> {
        let took = read.at().since(began);
        let Reply {
            session,
            allowance,
            mut response,
        } = read.into_inner();
        let request_id = self.request_id(request);
        let is_logged = self.logged.has(response.status(), None);
        Line {
            request_id: &request_id,
            client_request_id: is_logged
                .then(|| request.headers().get(X_CLIENT_REQUEST_ID))
                .flatten(),
            client: is_logged.then(|| self.client(request)).flatten(),
            user_agent: is_logged
                .then(|| request.headers().get(USER_AGENT))
                .flatten(),
            method: request.method(),
            path: request.path(),
            status: response.status(),
            bytes: sent(&response),
            took,
            session: Some(&session),
            error: None,
        }
        .write(self.metrics.as_deref(), is_logged);
        let headers = response.headers_mut();
        insert_standard(headers, request_id, took);
        if let Some(allowance) = &allowance {
            insert_allowance(headers, allowance);
        }
        insert_session(headers, &session);
        self.insert_origin(headers, self.cors.allowed_origin(request));
        if is_upgrade(request) {
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        response
    }

    fn log(&self, exchange: &Exchange, answered: &Answered) {
        let reason = answered.error.as_ref().and_then(ApiError::reason);
        let is_logged = self.logged.has(answered.response.status(), reason);
        exchange
            .line(answered)
            .write(self.metrics.as_deref(), is_logged);
    }

    /// The headers that every answer has.
    fn finish(&self, exchange: &Exchange, answered: &mut Answered) {
        let headers = answered.response.headers_mut();
        let took = self.clock.now().since(exchange.began);
        insert_standard(headers, exchange.requester.request_id.clone(), took);
        if let Some(allowance) = &answered.allowance {
            insert_allowance(headers, allowance);
        }
        if let Some(session) = &answered.session {
            insert_session(headers, session);
        }
        if let Some(RevisionHeader(token)) = answered.revision.take() {
            headers.append(X_MODELS_REVISION, token);
        }
        self.insert_origin(headers, exchange.origin.clone());
    }

    fn insert_origin(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.cors.is_on() {
            headers.insert(VARY, HeaderValue::from_static(DEPENDS_ON_ORIGIN_TOO));
        }
        if let Some(origin) = origin {
            cors::allow(origin, headers);
        }
    }
}

/// The length of a body that is known.
fn sent(response: &Response<BoxBody>) -> u64 {
    match response.body().size() {
        BodySize::Sized(length) => length,
        BodySize::None | BodySize::Stream => 0,
    }
}

fn took_too_long() -> ApiError {
    ApiError::Overloaded("this took longer than `limits.request_timeout`".to_owned())
}

fn too_late() -> ApiError {
    ApiError::Overloaded("the service stopped before this was done".to_owned())
}

/// Reads a body without a length to its end, aside, and forgets it. Left alone it would fill the
/// dispatcher's buffer, and the connection would neither go on nor close.
fn discard_chunks(request: &mut Request) {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        let mut body = request.take_payload();
        actix_web::rt::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    }
}

/// Whether `X-Client-Request-Id` may be this.
fn is_client_request_id(value: &HeaderValue) -> bool {
    value.len() <= LONGEST_CLIENT_REQUEST_ID && value.as_bytes().is_ascii()
}

/// Whether the dispatcher would close the connection without saying so, since another protocol was offered.
/// The connection hides most such offers from it.
pub(crate) fn is_upgrade(request: &Request) -> bool {
    request.head().connection_type() == ConnectionType::Upgrade
}

pub(crate) fn announced_length(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests;
