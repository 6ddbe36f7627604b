//! The operations listener: liveness, readiness and metrics, for operators. It does not serve the API.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{ConnectionType, Extensions, HttpService, KeepAlive, Request, Response};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service,
    map_config,
};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpResponse, Resource, Route, guard};
use futures_util::future::ready as immediately;
use serde::Serialize;
use tokio::sync::watch;

use crate::http::framing::is_upgrade;
use crate::node::Node;
use crate::server::connection::input::{Body, InFlight};
use crate::server::connection::turns::Turns;
use crate::server::connection::{Connection, Timeouts};
use crate::server::metrics::Metrics;
use crate::server::respond::logged::Logged;
use crate::store::{DatabaseHealth, Store};

pub(crate) const LIVE: &str = "/health/live";
pub(crate) const READY: &str = "/health/ready";
pub(crate) const METRICS: &str = "/metrics";

/// The database counts as silent after this time without a response. The node queries it every quarter of a second.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

/// The largest number of connections, enough for probes, scrapers and a few people. Further ones wait.
const CONNECTIONS: usize = 256;
/// The longest head that is read, in bytes.
const MOST_HEAD: usize = 16 << 10;
const TIMEOUTS: Timeouts = Timeouts {
    head: Duration::from_secs(5),
    send: Duration::from_secs(8),
    idle: Duration::from_mins(1),
};

/// The state that the listener reports.
pub(crate) struct Operations {
    pub(crate) node: Node,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether the service is stopping.
    pub(crate) is_draining: Arc<AtomicBool>,
}

/// The response of the readiness check.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    database: &'static str,
    lease: &'static str,
    /// `failing` if the catalog cannot be read although the node renews its lease.
    reads: &'static str,
    /// `failing` if the last change failed. The node stays ready, because it still serves reads.
    writes: &'static str,
    draining: bool,
    /// The number of the database's last migration. The service never runs on an older schema than its own.
    schema_version: i64,
    /// The level of the catalog, if this version does not support it. The operator must then upgrade this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    needed_level: Option<i64>,
}

impl Operations {
    fn readiness(&self) -> Readiness {
        let is_heard = self.node.silence() <= LONGEST_SILENCE;
        let has_lease = self.node.has_lease();
        let draining = self.is_draining.load(Ordering::Acquire);
        let DatabaseHealth {
            reads_fail,
            writes_fail,
        } = self.store.health();
        // If the database is unreachable for all nodes, a node with a lease stays ready and serves from memory. If only
        // this node fails to read, another node can serve, so this node is not ready.
        let is_ready = has_lease && !reads_fail && !draining;
        let shown = |fails| if fails { "failing" } else { "ok" };
        Readiness {
            status: if is_ready { "ready" } else { "not ready" },
            database: if is_heard { "ok" } else { "silent" },
            lease: if has_lease { "ok" } else { "run out" },
            reads: shown(reads_fail),
            writes: shown(writes_fail),
            draining,
            schema_version: self.store.schema_version,
            needed_level: self.node.needed_level(),
        }
    }
}

/// Starts the operations listener on this socket, with one thread.
pub(crate) fn start(listener: TcpListener, operations: Operations) -> std::io::Result<Server> {
    let operations = Data::new(operations);
    // No connection learns of the stop, because the sender is dropped. The timeout of the server is short anyway.
    let (_, stopping) = watch::channel(false);
    let logged = Logged::default();
    let server = Server::build()
        .workers(1)
        .max_concurrent_connections(CONNECTIONS)
        .disable_signals()
        .shutdown_timeout(1)
        .listen("operations", listener, move || {
            let application = App::new()
                .app_data(operations.clone())
                .service(page("/").route(reading().to(index)))
                .service(page(LIVE).route(reading().to(live)))
                .service(page(READY).route(reading().to(ready)))
                .service(page(METRICS).route(reading().to(metrics)))
                .default_service(web::to(unknown));
            let http = HttpService::build()
                .client_request_timeout(TIMEOUTS.head)
                .keep_alive(KeepAlive::Os)
                .on_connect_ext(|connection: &Connection, extensions: &mut Extensions| {
                    extensions.insert(connection.in_flight());
                })
                .h1(refuse_bodies(map_config(application, |()| {
                    AppConfig::default()
                })));
            let (stopping, logged, turns) = (stopping.clone(), logged.clone(), Turns::default());
            fn_service(move |stream| {
                let (stopping, logged) = (stopping.clone(), logged.clone());
                let turns = turns.clone();
                let accepted =
                    Connection::accept(stream, TIMEOUTS, MOST_HEAD, stopping, logged, turns);
                immediately(accepted.map_err(DispatchError::Io))
            })
            .and_then(http)
        })?;
    Ok(server.run())
}

/// Closes the connection after the response to a request with a body or an upgrade, because no page reads bodies.
fn refuse_bodies<F, S, B>(
    application: F,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = Response<B>,
    Error = Error,
    InitError = S::InitError,
>
where
    F: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = Error>,
    S::Service: 'static,
{
    apply_fn_factory(application, |request: Request, service: &S::Service| {
        let body = Body::of(&request, 0);
        let closes = !body.is_complete() || is_upgrade(&request);
        let body = if closes { Body::Refused } else { body };
        let in_flight = request.conn_data::<InFlight>();
        let current = in_flight.map(|in_flight| in_flight.begin(body));
        let responding = service.call(request);
        async move {
            let mut response: Response<B> = responding.await?.into();
            if closes {
                let head = response.head_mut();
                head.set_connection_type(ConnectionType::Close);
            }
            drop(current);
            Ok(response)
        }
    })
}

fn page(path: &str) -> Resource {
    web::resource(path).default_service(web::to(method_not_allowed))
}

/// A resource that supports GET must also support HEAD (RFC 9110, section 9.1).
fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn method_not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD"))
        .json(serde_json::json!({"error": "This path supports GET and HEAD."}))
}

async fn unknown() -> HttpResponse {
    HttpResponse::NotFound()
        .json(serde_json::json!({"error": "There is no such path; / lists all paths."}))
}

async fn index() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(serde_json::json!({
            "service": "models",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The operations listener: health and metrics. The API has an address of its own.",
            "live": LIVE,
            "ready": READY,
            "metrics": METRICS,
        }))
}

async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(serde_json::json!({"status": "live"}))
}

async fn ready(operations: Data<Operations>) -> HttpResponse {
    let readiness = operations.readiness();
    let mut response = if readiness.status == "ready" {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(readiness)
}

async fn metrics(operations: Data<Operations>) -> HttpResponse {
    match operations.metrics.text(&operations.node, &operations.store) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, prometheus::TEXT_FORMAT))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "failed to encode the metrics");
            HttpResponse::InternalServerError().finish()
        }
    }
}
