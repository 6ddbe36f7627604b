//! The service: bound to its socket, then run.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::{io, thread};

use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService};
use actix_server::Server;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use futures_util::future::ready;
use tokio::sync::watch;

use crate::connection::Connection;
use crate::node::Node;
use crate::rate_limit::RateLimit;
use crate::read::remember;
use crate::respond::{respond, told_to_stop};
use crate::routes;
use crate::settings::Settings;

/// What the handlers work with.
pub struct Services {
    /// What is known of the catalog.
    pub node: Node,
    /// How many requests a key may make, where that is limited.
    pub rate_limit: Option<RateLimit>,
    /// Take no notice of `OpenAI-Organization` and `OpenAI-Project`.
    pub ignore_organization_headers: bool,
}

impl Services {
    pub(crate) fn new(settings: &Settings, node: Node) -> Self {
        Self {
            node,
            rate_limit: RateLimit::new(settings.server.requests_per_minute),
            ignore_organization_headers: settings.server.ignore_organization_headers,
        }
    }
}

/// A service that has its socket, and so its address. Connections wait until it runs.
pub struct Application {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
}

impl Application {
    /// Takes the socket that the settings name; port 0 takes a free one.
    pub fn bind(settings: &Settings) -> io::Result<Self> {
        let server = &settings.server;
        let listener = bind((server.host.as_str(), server.port))?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            settings: settings.clone(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves what this node knows until `stop` has ended and then what is in flight is finished, or
    /// its time is over. Then the node leaves.
    pub async fn run(
        self,
        node: Node,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let served = match self.start(node.clone(), stop) {
            Ok(server) => server.await,
            Err(error) => Err(error),
        };
        node.leave().await;
        served
    }

    fn start(
        self,
        node: Node,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Server> {
        let Self {
            listener,
            address,
            settings,
        } = self;
        let services = web::Data::new(Services::new(&settings, node));
        let reception = settings.reception();
        let (stopping, stopped) = watch::channel(false);
        let stop = async move {
            stop.await;
            stopping.send_replace(true);
        };
        let server = Server::build()
            .workers(workers(settings.server.workers))
            // What is out of time is told so before it is dropped.
            .shutdown_timeout(settings.server.shutdown_timeout.as_secs() + 1)
            .shutdown_signal(stop)
            .listen("models", listener, move || {
                let application = App::new()
                    .app_data(services.clone())
                    .configure(routes::configure);
                let services = services.clone();
                let application = respond(
                    reception.clone(),
                    stopped.clone(),
                    move |request| remember(&services, request),
                    application,
                );
                let (stopped, stopping) = (stopped.clone(), stopped.clone());
                let http = HttpService::build()
                    .local_addr(address)
                    // Idle connections close when the service stops, in place of holding it up.
                    .graceful_shutdown_signal(move || told_to_stop(stopped.clone()))
                    .on_connect_ext(|connection: &Connection, extensions: &mut Extensions| {
                        extensions.insert(connection.in_flight());
                    })
                    .h1(map_config(application, |()| AppConfig::default()));
                fn_service(move |stream| {
                    ready(Connection::accept(stream, stopping.clone()).map_err(DispatchError::Io))
                })
                .and_then(http)
            })?;
        Ok(server.run())
    }
}

fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn workers(setting: u16) -> usize {
    match setting {
        0 => thread::available_parallelism().map_or(1, usize::from),
        workers => workers.into(),
    }
}
