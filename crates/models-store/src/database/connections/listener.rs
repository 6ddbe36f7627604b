//! The connection that receives PostgreSQL's notifications.

use std::time::Duration;

use sqlx::Postgres;
use sqlx::postgres::PgListener;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::pool::Connections;

/// The time limit for getting a connection and subscribing.
const SUBSCRIBE: Duration = Duration::from_secs(5);

/// A subscription to notifications.
pub(crate) struct Listener(Option<PgListener>);

impl Listener {
    /// Subscribes to the channel on a connection of this pool.
    pub(crate) async fn subscribe(
        connections: &Connections<Postgres>,
        channel: &str,
    ) -> Result<Self, sqlx::Error> {
        let subscribing = async {
            let listener = PgListener::connect_with(&connections.pool).await?;
            let mut listener = Self(Some(listener));
            if let Some(inner) = &mut listener.0 {
                // sqlx's automatic reconnection has been seen to lose notifications.
                inner.eager_reconnect(false);
                inner.listen(channel).await?;
            }
            Ok(listener)
        };
        let subscribed = timeout(SUBSCRIBE, subscribing).await;
        subscribed.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
    }

    /// Waits for a notification up to `time`. `None` if there was none; an error if the connection
    /// is broken.
    pub(crate) async fn wait(&mut self, time: Duration) -> Result<Option<()>, sqlx::Error> {
        let Some(listener) = &mut self.0 else {
            return Err(sqlx::Error::PoolClosed);
        };
        match timeout(time, listener.try_recv()).await {
            Ok(Ok(Some(_))) => Ok(Some(())),
            Ok(Ok(None)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

impl Drop for Listener {
    /// When it is dropped, sqlx's listener sends an UNLISTEN, waits for the response without a
    /// limit, and keeps its place in the pool meanwhile. Here it spawns that task on a runtime that
    /// ends without running it, and that closes the connection.
    fn drop(&mut self) {
        let Some(listener) = self.0.take() else {
            return;
        };
        match Builder::new_current_thread().build() {
            Ok(runtime) => {
                {
                    let _entered = runtime.enter();
                    drop(listener);
                }
                runtime.shutdown_background();
            }
            Err(_) => drop(listener),
        }
    }
}
