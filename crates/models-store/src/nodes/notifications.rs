//! PostgreSQL's notifications: hints that another process has committed.

use std::sync::Arc;
use std::time::Duration;

use models_core::RepositoryError;
use sqlx::{Postgres, Sqlite};
use tokio::sync::Notify;

use crate::database::{Connections, Deadline, Driver, Listener, ObserverSlot, repository_error};

const CHANNEL: &str = "models_revision";

/// Sends a notification to this process. The statement returns no rows, because the function's
/// result is empty text.
const PROBE: &str = "SELECT 1::bigint FROM pg_notify('models_revision', '')";

/// The silence after which a node notifies itself: a broken connection looks like a quiet one.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// The time limit of a notification to the node itself. At the start, where a failure ends the
/// process, the limit is longer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PROBE_TIMEOUT: Duration = Duration::from_secs(5);

const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

const NO_NOTIFICATIONS: &str = "no notification arrives (LISTEN and NOTIFY); if there is a pooler in front of the server, set it \
    to session mode";

/// A database that can notify of other processes' commits.
pub(crate) trait Listen: Driver {
    /// Notifies `committed` when another process has committed, if the database supports that, for
    /// as long as the pool is open.
    fn listen(
        connections: &Connections<Self>,
        committed: &Arc<Notify>,
        observer: &ObserverSlot,
    ) -> impl Future<Output = Result<(), RepositoryError>> + Send;
}

impl Listen for Postgres {
    async fn listen(
        connections: &Connections<Self>,
        committed: &Arc<Notify>,
        observer: &ObserverSlot,
    ) -> Result<(), RepositoryError> {
        listen(connections, committed, observer).await
    }
}

impl Listen for Sqlite {
    /// SQLite has no notifications; nodes find commits by polling.
    async fn listen(
        _: &Connections<Self>,
        _: &Arc<Notify>,
        _: &ObserverSlot,
    ) -> Result<(), RepositoryError> {
        Ok(())
    }
}

/// Notifies `committed` whenever any process has committed, for as long as the pool is open. A
/// notification is a hint, so its receivers also poll. `Failed` if a server or a pooler delivers
/// none.
async fn listen(
    connections: &Connections<Postgres>,
    committed: &Arc<Notify>,
    observer: &ObserverSlot,
) -> Result<(), RepositoryError> {
    let subscribed = Listener::subscribe(connections, CHANNEL).await;
    let mut listener = subscribed.map_err(repository_error)?;
    if !receives_own_notification(connections, &mut listener, FIRST_PROBE_TIMEOUT).await {
        return Err(RepositoryError::Failed(NO_NOTIFICATIONS.into()));
    }
    let (connections, committed, observer) =
        (connections.clone(), committed.clone(), observer.clone());
    tokio::spawn(async move {
        while !connections.is_closed() {
            // The loop abandons the connection at the first doubt, because sqlx's automatic
            // reconnection has been seen to lose notifications silently.
            loop {
                let is_alive = match listener.wait(HEARTBEAT).await {
                    Ok(Some(())) => true,
                    Ok(None) => {
                        receives_own_notification(&connections, &mut listener, PROBE_TIMEOUT).await
                    }
                    Err(_) => false,
                };
                if !is_alive {
                    break;
                }
                committed.notify_one();
            }
            drop(listener);
            listener = loop {
                match Listener::subscribe(&connections, CHANNEL).await {
                    Ok(listener) => break listener,
                    Err(_) if connections.is_closed() => return,
                    Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
                }
            };
            observer.notify(|observer| observer.reconnected());
            committed.notify_one();
        }
    });
    Ok(())
}

/// Whether a notification from this process to itself arrives.
async fn receives_own_notification(
    connections: &Connections<Postgres>,
    listener: &mut Listener,
    time: Duration,
) -> bool {
    let Ok(mut connection) = connections.acquire(Deadline::RENEWAL).await else {
        return false;
    };
    let sent = connection.fetch::<(i64,)>(PROBE, vec![]).await;
    // The listener may need this connection's place in the pool.
    drop(connection);
    sent.is_ok() && matches!(listener.wait(time).await, Ok(Some(())))
}
