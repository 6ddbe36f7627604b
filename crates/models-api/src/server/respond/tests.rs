use std::sync::Mutex;
use std::time::Duration;

use actix_http::StatusCode;
use actix_http::body::to_bytes;
use actix_http::header::HeaderValue;
use actix_web::test::TestRequest;
use actix_web::{App, guard, web};
use models_node::Clock;
use tokio::sync::Semaphore;
use tracing_subscriber::fmt::MakeWriter;

use super::limits::RequestLimits;
use super::logged::Logged;
use super::*;
use crate::http::cors::Cors;
use crate::http::fields::X_CLIENT_REQUEST_ID;
use crate::http::incoming::BodyMemory;

/// The captured log.
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

/// One request panics in the handler, and one in the router.
#[tokio::test]
async fn a_panic_is_a_500_and_the_service_continues() {
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
        clock: Clock::default(),
        logged: Logged::default(),
        limits: RequestLimits {
            head: 1 << 14,
            dropped_body: 1 << 16,
            listener: limits::Listener::Api {
                administration: true,
            },
            bodies: BodyMemory::new(1 << 20),
            in_flight: Arc::new(Semaphore::new(1)),
            time: Duration::from_secs(1),
            time_setting: "limits.request_timeout",
        },
        trusted_proxies: Arc::default(),
        trust_request_id: false,
        cors: Cors::new(&[], HeaderValue::from_static("GET")),
        metrics: None,
        grace: Duration::from_secs(1),
    };
    let service = respond(reception, stopping, |_, _, _| None, application)
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
