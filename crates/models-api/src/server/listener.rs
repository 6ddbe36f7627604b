//! A bound socket, and the server on it.

use std::net::{SocketAddr, TcpListener};
use std::{io, thread};

use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService, KeepAlive, Request};
use actix_server::Server;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use futures_util::future::ready;
use models_node::{BootTime, Released};
use rustix::net::listen;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::sync::watch;

use crate::http::fields::Fields;
use crate::routes::read::Reply;
use crate::server::connection::turns::Turns;
use crate::server::connection::{Connection, Timeouts};
use crate::server::respond::{Reception, StopSignal, respond};
use crate::settings::Settings;

/// The number of connections that the kernel queues until the service accepts them.
const BACKLOG: i32 = 4096;

/// The number of bytes by which a head may exceed the limit and still be parsed. The response to such a head has the
/// request's id, and the connection stays open. The connection refuses a longer head and closes.
const LONGEST_EXCESS: usize = 16 << 10;
/// The receive buffer of an accepted socket, in bytes. The kernel doubles the number for its own data.
const RECEIVE_BUFFER: usize = 32 << 10;
/// The number of unsent bytes that the kernel may hold for a socket. Bytes in flight do not count, so the limit does not
/// slow down a fast peer.
const UNSENT: u32 = 64 << 10;

/// The service cannot listen on an address of the settings.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {host}:{port}: {source} (settings `{section}.host` and `{section}.port`)"
)]
pub struct BindError {
    section: &'static str,
    host: String,
    port: u16,
    source: io::Error,
}

/// A bound socket.
pub(super) struct Bound {
    /// The section of the settings.
    section: &'static str,
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Bound {
    pub(super) fn new(section: &'static str, host: &str, port: u16) -> Result<Self, BindError> {
        let (listener, address) = bind(section, host, port)?;
        Ok(Self {
            section,
            listener,
            address,
        })
    }

    /// Serves an application on this socket, until the service stops.
    pub(super) fn serve<M, C>(
        self,
        settings: &Settings,
        connections: u16,
        reception: Reception,
        stopped: watch::Receiver<bool>,
        read_from_memory: M,
        configure: C,
    ) -> io::Result<Server>
    where
        M: Fn(BootTime, &Fields<'_>, &Request) -> Option<Released<Reply>> + Clone + Send + 'static,
        C: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let Self {
            section,
            listener,
            address,
        } = self;
        let limits = &settings.limits;
        let timeouts = Timeouts {
            head: limits.head_timeout,
            send: limits.send_timeout,
            idle: limits.idle_timeout,
        };
        let most_head = (usize::from(limits.head_kib) << 10) + LONGEST_EXCESS;
        let workers = workers(settings.server.workers);
        let logged = reception.logged.clone();
        let mut stop = stopped.clone();
        let server = Server::build()
            .workers(workers)
            .max_concurrent_connections(usize::from(connections).div_ceil(workers))
            // One second more, so that requests out of time still get their 503.
            .shutdown_timeout(settings.server.shutdown_timeout.as_secs() + 1)
            .shutdown_signal(async move {
                // The sender is dropped only after the signal.
                let _ = stop.wait_for(|is_stopping| *is_stopping).await;
            })
            .listen(section, listener, move || {
                let application = respond(
                    reception.clone(),
                    stopped.clone(),
                    read_from_memory.clone(),
                    App::new().configure(configure.clone()),
                );
                let (stopped, stopping) = (stopped.clone(), stopped.clone());
                let (logged, turns) = (logged.clone(), Turns::default());
                let http = HttpService::build()
                    .local_addr(address)
                    .client_request_timeout(timeouts.head)
                    // `Connection` times idle connections.
                    .keep_alive(KeepAlive::Os)
                    // Idle connections close when the service stops, so that they do not delay it.
                    .graceful_shutdown_signal(move || StopSignal::new(stopped.clone()))
                    .on_connect_ext(|connection: &Connection, extensions: &mut Extensions| {
                        extensions.insert(connection.in_flight());
                    })
                    .h1(map_config(application, |()| AppConfig::default()));
                fn_service(move |stream| {
                    ready(
                        Connection::accept(
                            stream,
                            timeouts,
                            most_head,
                            stopping.clone(),
                            logged.clone(),
                            turns.clone(),
                        )
                        .map_err(DispatchError::Io),
                    )
                })
                .and_then(http)
            })?;
        Ok(server.run())
    }
}

fn bind(
    section: &'static str,
    host: &str,
    port: u16,
) -> Result<(TcpListener, SocketAddr), BindError> {
    let bound = TcpListener::bind((host, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        // Accepted sockets inherit the options of their listener.
        let socket = SockRef::from(&listener);
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_tcp_notsent_lowat(UNSENT)?;
        // `TcpListener::bind` listens with a queue that is too short for a restart. The kernel bounds this number too.
        listen(&listener, BACKLOG)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|source| BindError {
        section,
        host: host.to_owned(),
        port,
        source,
    })
}

/// Raises the limit on open files to the number that the connections need. Logs a warning if that is not allowed.
pub(super) fn allow_files(connections: u64) {
    /// Files of the database, the log and the runtime.
    const OTHERS: u64 = 256;
    let needed = connections + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit {
        current: Some(allowed),
        maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() || allowed < needed {
        tracing::warn!(
            needed,
            allowed,
            "the limit on open files is too low for `limits.connections` and `authorization.connections`; raise it (`ulimit -n`) or lower the settings"
        );
    }
}

fn workers(setting: u16) -> usize {
    match setting {
        0 => thread::available_parallelism().map_or(1, usize::from),
        workers => workers.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn accepted_sockets_have_bounded_buffers() {
        let (listener, address) = bind("server", "127.0.0.1", 0).unwrap();
        listener.set_nonblocking(false).unwrap();
        let _client = TcpStream::connect(address).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let socket = SockRef::from(&accepted);
        assert!(socket.recv_buffer_size().unwrap() <= 2 * RECEIVE_BUFFER);
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT);
    }
}
