//! A proxy before a server that can silently drop packets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections to a PostgreSQL server. It can turn a connection into a black hole: the
/// connection stays open, and no data arrives in either direction. New connections still work.
#[derive(Clone)]
pub struct Proxy {
    url: String,
    target: String,
    /// The number of calls of [`black_hole`](Proxy::black_hole).
    generation: watch::Sender<u64>,
    trigger: Arc<Mutex<Option<Vec<u8>>>>,
    /// The number of times that clients have sent something, and the bytes that the server has sent.
    traffic: Arc<[AtomicU64; 2]>,
}

impl Proxy {
    /// Starts a proxy before the server of this URL.
    ///
    /// # Panics
    ///
    /// If the URL has no host and port, or if no port is free.
    pub async fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (authority, path) = rest.split_once('/').expect("a database");
        let (user, target) = authority.rsplit_once('@').expect("a user");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let proxy = Self {
            url: format!("{scheme}://{user}@{address}/{path}"),
            target: target.to_owned(),
            generation: watch::Sender::new(0),
            trigger: Arc::default(),
            traffic: Arc::default(),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().forward(client));
            }
        });
        proxy
    }

    /// The URL of the database through this proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Turns all present connections into black holes.
    pub fn black_hole(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Turns the next connection on which a client sends this text into a black hole, after the
    /// server has received the text.
    pub fn black_hole_after(&self, text: &str) {
        *self.trigger() = Some(text.as_bytes().to_vec());
    }

    /// The number of times that clients have sent something, and the bytes that the server has sent.
    #[must_use]
    pub fn traffic(&self) -> [u64; 2] {
        [0, 1].map(|side| self.traffic[side].load(Ordering::Acquire))
    }

    /// Whether a client has sent the text of [`black_hole_after`](Self::black_hole_after).
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        self.trigger().is_none()
    }

    fn trigger(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.trigger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn takes_trigger(&self, sent: &[u8]) -> bool {
        let mut trigger = self.trigger();
        let is_sent = trigger
            .as_ref()
            .is_some_and(|text| sent.windows(text.len()).any(|window| window == text));
        if is_sent {
            *trigger = None;
        }
        is_sent
    }

    async fn forward(self, client: TcpStream) {
        let mut generation = self.generation.subscribe();
        generation.mark_unchanged();
        let Ok(server) = TcpStream::connect(&self.target).await else {
            return;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (mut client_read, mut client_write) = client.into_split();
        let (mut server_read, mut server_write) = server.into_split();
        let is_black_hole = tokio::select! {
            biased;
            _ = generation.changed() => true,
            is_triggered = self.to_server(&mut client_read, &mut server_write) => is_triggered,
            () = self.to_client(&mut server_read, &mut client_write) => false,
        };
        if is_black_hole {
            // Both ends stay open.
            std::future::pending::<()>().await;
        }
    }

    /// Forwards until a side closes, or until a client sends the text. Returns whether a client
    /// sent it.
    async fn to_server(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> bool {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let sent = &buffer[..length];
            self.traffic[0].fetch_add(1, Ordering::AcqRel);
            let is_triggered = self.takes_trigger(sent);
            if to.write_all(sent).await.is_err() {
                return false;
            }
            if is_triggered {
                return true;
            }
        }
        false
    }

    /// Forwards until a side closes.
    async fn to_client(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.traffic[1].fetch_add(length as u64, Ordering::AcqRel);
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }
}
