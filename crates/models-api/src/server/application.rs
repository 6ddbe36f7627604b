//! The service: it binds its sockets, then runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{io, mem};

use actix_server::Server;
use actix_web::web;
use futures_util::future::{TryJoinAll, try_join_all};
use tokio::sync::watch;

use crate::access::services::Services;
use crate::routes;
use crate::routes::authorize::{self, Authorization};
use crate::routes::read::read_from_memory;
use crate::server::listener::{BindError, Bound, allow_files};
use crate::server::measured_node::MeasuredNode;
use crate::server::metrics::keep_counting;
use crate::server::operations::{self, Operations};
use crate::server::respond::{Reception, Refusals};
use crate::settings::Settings;
use crate::store::Store;

/// A service with bound sockets. The kernel queues connections until the service runs.
pub struct Application {
    api: Bound,
    operations: Bound,
    authorization: Option<Bound>,
    settings: Settings,
}

impl Application {
    /// Binds the addresses of the settings. Port 0 selects a free port. Fails if an address cannot be bound.
    pub fn bind(settings: &Settings) -> Result<Self, BindError> {
        let (server, operations) = (&settings.server, &settings.operations);
        let authorization = &settings.authorization;
        let authorization = authorization
            .port
            .map(|port| Bound::new("authorization", &authorization.host, port));
        Ok(Self {
            api: Bound::new("server", &server.host, server.port)?,
            operations: Bound::new("operations", &operations.host, operations.port)?,
            authorization: authorization.transpose()?,
            settings: settings.clone(),
        })
    }

    /// The address of the API.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.api.address
    }

    /// The address of the operations listener.
    #[must_use]
    pub fn operations_address(&self) -> SocketAddr {
        self.operations.address
    }

    /// The address of the listener for authorization, if the settings have one.
    #[must_use]
    pub fn authorization_address(&self) -> Option<SocketAddr> {
        self.authorization.as_ref().map(|bound| bound.address)
    }

    /// Serves until `stop` completes. The service then reports that it is not ready. After the drain delay it accepts no
    /// connections, and finishes the requests in flight within the shutdown timeout. At last the node leaves.
    pub async fn run(
        self,
        node: MeasuredNode,
        store: Store,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let served = self.serve(&node, store, stop).await;
        node.node.leave().await;
        served
    }

    async fn serve(
        mut self,
        node: &MeasuredNode,
        store: Store,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let counting = keep_counting(store.counts.clone(), node.metrics.contents.clone());
        let counting = tokio::spawn(counting);
        let is_draining = Arc::new(AtomicBool::new(false));
        let operations = Operations {
            node: node.node.clone(),
            store,
            metrics: node.metrics.clone(),
            is_draining: is_draining.clone(),
        };
        let operations = operations::start(self.operations.listener.try_clone()?, operations)?;
        let handle = operations.handle();
        let operations = tokio::spawn(operations);
        let delay = mem::take(&mut self.settings.server.drain_delay);
        let drained = async move {
            stop.await;
            is_draining.store(true, Ordering::Release);
            tokio::time::sleep(delay).await;
        };
        let served = match self.start(node, drained) {
            Ok(servers) => servers.await.map(drop),
            Err(error) => Err(error),
        };
        handle.stop(true).await;
        counting.abort();
        // The result of the operations listener does not matter for the service.
        let _ = operations.await;
        served
    }

    fn start(
        self,
        node: &MeasuredNode,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<TryJoinAll<Server>> {
        let Self {
            api,
            authorization,
            settings,
            ..
        } = self;
        let MeasuredNode {
            node,
            metrics,
            administration: repositories,
        } = node.clone();
        let (stopping, stopped) = watch::channel(false);
        tokio::spawn(async move {
            stop.await;
            stopping.send_replace(true);
        });
        let limits = &settings.limits;
        let of_gateways = authorization.as_ref();
        let of_gateways = of_gateways.map_or(0, |_| settings.authorization.connections);
        allow_files(u64::from(limits.connections) + u64::from(of_gateways));
        let administration = settings.administration.enabled;
        let reception = Reception::new(&settings, &node, metrics.clone());
        Refusals::report_regularly(&reception.logged.refusals);
        let authorization = authorization.map(|bound| {
            let settings = &settings;
            let authorization = Authorization::new(settings, node.clone(), metrics.clone());
            let authorization = web::Data::new(authorization);
            let in_memory = authorization.clone();
            bound.serve(
                settings,
                settings.authorization.connections,
                reception.for_authorization(&settings.authorization),
                stopped.clone(),
                move |began, fields, request| {
                    authorize::respond_from_memory(&in_memory, began, fields, request)
                },
                move |config| {
                    config.app_data(authorization.clone());
                    authorize::configure(config);
                },
            )
        });
        let repositories = web::Data::new(repositories);
        let services = web::Data::new(Services::new(&settings, node, metrics));
        let in_memory = services.clone();
        let api = api.serve(
            &settings,
            limits.connections,
            reception,
            stopped,
            move |began, fields, request| read_from_memory(&in_memory, began, fields, request),
            move |config| {
                config
                    .app_data(services.clone())
                    .app_data(repositories.clone());
                routes::configure(config, administration);
            },
        )?;
        let servers = authorization.transpose()?.into_iter().chain([api]);
        Ok(try_join_all(servers))
    }
}
