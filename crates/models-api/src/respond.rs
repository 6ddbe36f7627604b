//! Around the whole application: each request gets its id, each answer its headers, and each
//! failure, whoever raised it, the envelope. A panic in a handler is a 500; the process lives.

mod exchange;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_http::body::{BoxBody, MessageBody};
use actix_http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, EXPECT, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
    VARY,
};
use actix_http::{ConnectionType, Request, Response, StatusCode};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::{Error, HttpMessage};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;
use uuid::Uuid;

use crate::connection::InFlight;
use crate::cors::{self, Cors};
use crate::error::ApiError;
use exchange::{Answered, Exchange};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");
const OPENAI_VERSION: HeaderName = HeaderName::from_static("openai-version");
const OPENAI_PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const OPENAI_ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const OPENAI_PROJECT: HeaderName = HeaderName::from_static("openai-project");
const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
const X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset-requests");

/// The version of OpenAI's API that this is: what its own answers say.
const VERSION: &str = "2020-10-01";
/// An answer is one caller's; whoever keeps it asks again before using it.
const PRIVATE: &str = "private, no-cache";
/// What an answer depends on beside its URL.
const DEPENDS_ON: &str = "Authorization, OpenAI-Organization, OpenAI-Project";
const DEPENDS_ON_ORIGIN_TOO: &str = "Authorization, OpenAI-Organization, OpenAI-Project, Origin";

/// The largest body that a request may announce, in bytes. No route reads one.
const LARGEST_BODY: u64 = 64 * 1024;
/// The longest `X-Client-Request-Id`, in characters; OpenAI's own limit.
const LONGEST_CLIENT_REQUEST_ID: usize = 512;

/// How requests are received.
#[derive(Debug, Clone)]
pub(crate) struct Reception {
    /// Take the gateway's `x-request-id` for ours.
    pub(crate) trust_request_id: bool,
    /// Which origins may read the answers.
    pub(crate) cors: Cors,
    /// How long what is in flight may take when the service stops.
    pub(crate) grace: Duration,
}

/// Puts the application behind this layer.
pub(crate) fn respond<F, S, B>(
    reception: Reception,
    stopping: watch::Receiver<bool>,
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
        move |mut request: Request, service: &S::Service| {
            let (reception, stopping) = (reception.clone(), stopping.clone());
            let answering = request.conn_data::<InFlight>().map(InFlight::begin);
            discard_chunks(&mut request);
            let exchange = reception.open(&request);
            let begun = match reception.answer_early(&request) {
                Some(early) => Err(early),
                None => Ok(catch_unwind(AssertUnwindSafe(|| service.call(request)))),
            };
            async move {
                let mut answered = match begun {
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
                        }
                    }
                };
                reception.finish(&exchange, &mut answered);
                exchange.log(&answered);
                let mut response = answered.response;
                if exchange.closes {
                    response
                        .head_mut()
                        .set_connection_type(ConnectionType::Close);
                }
                drop(answering);
                Ok(response)
            }
        },
    )
}

/// What is answered without asking the application.
enum Early {
    Preflight(Box<Response<BoxBody>>),
    Refused(ApiError),
}

impl Reception {
    fn open(&self, request: &Request) -> Exchange {
        let given = if self.trust_request_id {
            given_request_id(request)
        } else {
            None
        };
        Exchange {
            began: Instant::now(),
            request_id: given.unwrap_or_else(new_request_id),
            client_request_id: request.headers().get(X_CLIENT_REQUEST_ID).cloned(),
            origin: self.cors.allowed_origin(request),
            method: request.method().clone(),
            path: request.path().to_owned(),
            has_body: announced_length(request).is_some_and(|length| length > 0)
                || request.headers().contains_key(TRANSFER_ENCODING),
            closes: [TRANSFER_ENCODING, EXPECT]
                .iter()
                .any(|name| request.headers().contains_key(name)),
        }
    }

    fn answer_early(&self, request: &Request) -> Option<Early> {
        if self.cors.is_preflight(request) {
            let mut response = Response::new(StatusCode::NO_CONTENT);
            if self.cors.allowed_origin(request).is_some() {
                cors::preflight(cors::requested_headers(request), response.headers_mut());
            }
            return Some(Early::Preflight(Box::new(response)));
        }
        if !request
            .headers()
            .get_all(X_CLIENT_REQUEST_ID)
            .all(is_client_request_id)
        {
            return Some(Early::Refused(ApiError::BadRequest(
                "X-Client-Request-Id must be at most 512 ASCII characters.",
            )));
        }
        if announced_length(request).is_some_and(|length| length > LARGEST_BODY) {
            return Some(Early::Refused(ApiError::BodyTooLarge));
        }
        None
    }

    /// The headers that every answer has.
    fn finish(&self, exchange: &Exchange, answered: &mut Answered) {
        let headers = answered.response.headers_mut();
        let insert = |headers: &mut HeaderMap, name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        for (name, value) in standard_headers(&exchange.request_id) {
            insert(headers, name, &value);
        }
        insert(
            headers,
            OPENAI_PROCESSING_MS,
            &exchange.began.elapsed().as_millis().to_string(),
        );
        if let Some(allowance) = &answered.allowance {
            insert(headers, X_RATELIMIT_LIMIT, &allowance.limit.to_string());
            insert(
                headers,
                X_RATELIMIT_REMAINING,
                &allowance.remaining.to_string(),
            );
            insert(
                headers,
                X_RATELIMIT_RESET,
                &format!("{}ms", allowance.reset.as_millis()),
            );
        }
        if let Some(principal) = &answered.principal {
            insert(
                headers,
                OPENAI_ORGANIZATION,
                principal.organization_slug.as_str(),
            );
            insert(headers, OPENAI_PROJECT, principal.project_id.as_str());
        }
        if self.cors.is_on() {
            headers.insert(VARY, HeaderValue::from_static(DEPENDS_ON_ORIGIN_TOO));
        }
        if let Some(origin) = exchange.origin.clone() {
            cors::allow(origin, headers);
        }
    }
}

fn too_late() -> ApiError {
    ApiError::Overloaded("the service stopped before this was done".to_owned())
}

/// Over when the service stops.
pub(crate) async fn told_to_stop(mut stopping: watch::Receiver<bool>) {
    // An error is the end of the sender, and so of the service.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Over when the service has been stopping for as long as what is in flight may take.
async fn out_of_time(stopping: watch::Receiver<bool>, grace: Duration) {
    told_to_stop(stopping).await;
    tokio::time::sleep(grace).await;
}

/// The headers that do not depend on the request, but for its id.
pub(crate) fn standard_headers(request_id: &str) -> Vec<(HeaderName, String)> {
    vec![
        (X_REQUEST_ID, request_id.to_owned()),
        (OPENAI_VERSION, VERSION.to_owned()),
        (OPENAI_PROCESSING_MS, "0".to_owned()),
        (CACHE_CONTROL, PRIVATE.to_owned()),
        (VARY, DEPENDS_ON.to_owned()),
    ]
}

/// `req_` and 32 hexadecimal digits, as OpenAI's are.
pub(crate) fn new_request_id() -> String {
    format!("req_{}", Uuid::now_v7().simple())
}

/// The gateway's id, where it is one that can be shown and logged as it is.
fn given_request_id(request: &Request) -> Option<String> {
    let given = request.headers().get(X_REQUEST_ID)?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    ((1..=64).contains(&given.len()) && given.bytes().all(allowed)).then(|| given.to_owned())
}

/// Reads a body without a length to its end, aside, and forgets it. Left alone it would fill the
/// dispatcher's buffer, and the connection would neither go on nor close.
fn discard_chunks(request: &mut Request) {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        let mut body = request.take_payload();
        actix_web::rt::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    }
}

fn is_client_request_id(value: &HeaderValue) -> bool {
    value.len() <= LONGEST_CLIENT_REQUEST_ID && value.as_bytes().is_ascii()
}

fn announced_length(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use actix_http::body::to_bytes;
    use actix_web::test::TestRequest;
    use actix_web::{App, guard, web};
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    async fn panics() -> &'static str {
        panic!("on purpose")
    }

    /// One panics in the handler, one already in the router.
    #[tokio::test]
    async fn a_panic_is_a_fault_and_the_service_goes_on() {
        let guarded = web::get()
            .guard(guard::fn_guard(|_| panic!("on purpose")))
            .to(|| async { "never" });
        let application = App::new()
            .route("/handler", web::get().to(panics))
            .route("/router", guarded)
            .route("/fine", web::get().to(|| async { "fine" }));
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let (_stop, stopping) = watch::channel(false);
        let reception = Reception {
            trust_request_id: false,
            cors: Cors::default(),
            grace: Duration::from_secs(1),
        };
        let service = respond(reception, stopping, application)
            .new_service(AppConfig::default())
            .await
            .unwrap();
        for path in ["/handler", "/router", "/fine", "/handler"] {
            let response = service
                .call(
                    TestRequest::with_uri(path)
                        .insert_header((X_CLIENT_REQUEST_ID, "mine"))
                        .to_request(),
                )
                .await
                .unwrap();
            if path == "/fine" {
                assert_eq!(response.status(), StatusCode::OK);
                continue;
            }
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let request_id = response
                .headers()
                .get("x-request-id")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let body = to_bytes(response.into_body()).await.unwrap();
            let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(error["error"]["type"], "server_error");
            let message = error["error"]["message"].as_str().unwrap();
            assert!(
                message.contains(&request_id) && !message.contains("on purpose"),
                "{message}"
            );
        }
    }
}
