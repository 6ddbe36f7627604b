//! A forwarder before the database that can be cut silently, or directed to another server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::environment::wait::wait;

/// Forwards connections to a server. While it is cut, no connection ends and no data arrives, as on
/// a network that drops all packets.
#[derive(Clone)]
pub struct Forwarder {
    pub port: u16,
    target: Arc<AtomicU16>,
    is_cut: watch::Sender<bool>,
    /// The delay of the server's data in milliseconds.
    delay: Arc<AtomicU64>,
    /// Whether connections end with a reset.
    resets: Arc<AtomicBool>,
    /// Increases to end all connections.
    generation: watch::Sender<u64>,
    /// Increases to silence all present connections forever.
    silences: watch::Sender<u64>,
}

impl Forwarder {
    /// Starts a forwarder to the server on this local port.
    pub async fn start(target: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let forwarder = Self {
            port: listener.local_addr()?.port(),
            target: Arc::new(AtomicU16::new(target)),
            is_cut: watch::Sender::new(false),
            delay: Arc::default(),
            resets: Arc::default(),
            generation: watch::Sender::new(0),
            silences: watch::Sender::new(0),
        };
        tokio::spawn(forwarder.clone().accept(listener));
        Ok(forwarder)
    }

    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub fn heal(&self) {
        self.is_cut.send_replace(false);
    }

    /// Delays the server's data by this time.
    pub fn delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay.store(milliseconds, Ordering::Release);
    }

    /// Directs new connections to another server, and ends the present ones.
    pub fn lead_to(&self, target: u16) {
        self.target.store(target, Ordering::Release);
        self.resets.store(false, Ordering::Release);
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Drops all data on the present connections, without ending them. New connections work.
    pub fn silence(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }

    /// Ends all connections with a reset, as a host does that does not know them.
    pub fn reset(&self) {
        self.resets.store(true, Ordering::Release);
        self.generation.send_modify(|generation| *generation += 1);
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().forward(stream));
        }
    }

    async fn forward(self, client: TcpStream) {
        let mut is_cut = self.is_cut.subscribe();
        if is_cut.wait_for(|cut| !cut).await.is_err() {
            return;
        }
        let target = SocketAddr::from(([127, 0, 0, 1], self.target.load(Ordering::Acquire)));
        let Ok(server) = TcpStream::connect(target).await else {
            return;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (mut client_read, mut client_write) = client.into_split();
        let (mut server_read, mut server_write) = server.into_split();
        let mut generation = self.generation.subscribe();
        let mut silences = self.silences.subscribe();
        let no_delay = AtomicU64::new(0);
        tokio::select! {
            _ = silences.changed() => std::future::pending().await,
            () = copy(&mut client_read, &mut server_write, is_cut.clone(), &no_delay) => {}
            () = copy(&mut server_read, &mut client_write, is_cut, &self.delay) => {}
            _ = generation.changed() => {
                if self.resets.load(Ordering::Acquire) {
                    let ends: [&TcpStream; 2] = [client_read.as_ref(), server_read.as_ref()];
                    let _ = ends.map(TcpStream::set_zero_linger);
                    // On drop, the write halves would first send an ordinary end.
                    client_write.forget();
                    server_write.forget();
                }
            }
        }
    }
}

/// Copies until one side ends.
async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut is_cut: watch::Receiver<bool>,
    delay: &AtomicU64,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if is_cut.wait_for(|cut| !cut).await.is_err() {
            return;
        }
        match delay.load(Ordering::Acquire) {
            0 => {}
            milliseconds => wait(milliseconds).await,
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
