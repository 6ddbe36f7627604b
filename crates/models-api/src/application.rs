//! The service: bound to its socket, then run.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::{io, thread};

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use models_store::Store;

use crate::authentication::Authenticator;
use crate::catalog::Catalog;
use crate::respond::respond;
use crate::routes;
use crate::settings::Settings;

/// What the handlers work with.
pub struct Services {
    /// Knows the keys.
    pub authenticator: Authenticator,
    /// Shows the models.
    pub catalog: Catalog,
}

/// A service that has its socket, and so its address. Connections wait until it runs.
pub struct Application {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    services: web::Data<Services>,
}

impl Application {
    /// Takes the socket that the settings name; port 0 takes a free one.
    pub fn bind(settings: &Settings, store: &Store) -> io::Result<Self> {
        let server = &settings.server;
        let listener = bind((server.host.as_str(), server.port))?;
        let services = Services {
            authenticator: Authenticator::new(store.api_keys.clone()),
            catalog: Catalog::new(store.models.clone()),
        };
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            settings: settings.clone(),
            services: web::Data::new(services),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The running service: a future that ends when `stop` has ended and then what is in flight is
    /// finished, or its time is over.
    pub fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<Server> {
        let Self {
            listener,
            settings,
            services,
            ..
        } = self;
        let application = move || {
            respond(
                App::new()
                    .app_data(services.clone())
                    .configure(routes::configure),
            )
        };
        let server = HttpServer::new(application)
            .workers(workers(settings.server.workers))
            .shutdown_timeout(settings.server.shutdown_timeout.as_secs())
            .shutdown_signal(stop)
            .listen(listener)?;
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
