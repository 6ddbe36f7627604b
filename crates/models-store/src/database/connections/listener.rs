//! The connection over which PostgreSQL notifies.

use std::time::Duration;

use sqlx::Postgres;
use sqlx::postgres::PgListener;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::pool::Connections;

/// How long it may take to get a connection and to subscribe.
const SUBSCRIBE: Duration = Duration::from_secs(5);

/// Receives notifications.
pub(crate) struct Listener(Option<PgListener>);

impl Listener {
    /// Subscribes to the channel, over a connection of this pool.
    pub(crate) async fn subscribe(
        connections: &Connections<Postgres>,
        channel: &str,
    ) -> Result<Self, sqlx::Error> {
        let subscribing = async {
            let listener = PgListener::connect_with(&connections.pool).await?;
            let mut listener = Self(Some(listener));
            if let Some(inner) = &mut listener.0 {
                // A listener that reconnects by itself has been seen to lose notifications.
                inner.eager_reconnect(false);
                inner.listen(channel).await?;
            }
            Ok(listener)
        };
        let subscribed = timeout(SUBSCRIBE, subscribing).await;
        subscribed.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
    }

    /// Waits for a notification for so long. `None` if there was none; an error if the connection is of no use.
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
    /// sqlx's listener would send an UNLISTEN when it is dropped, wait for the response without end, and keep its place
    /// in the pool meanwhile. Its last task goes to a runtime that ends without running it; that closes the
    /// connection.
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
