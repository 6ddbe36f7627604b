//! Notifications of PostgreSQL: hints that another process has committed.

use std::sync::Arc;
use std::time::Duration;

use models_core::RepositoryError;
use sqlx::{Postgres, Sqlite};
use tokio::sync::Notify;

use crate::database::{Connections, Deadline, Driver, Listener, ObserverSlot, repository_error};

const CHANNEL: &str = "models_revision";

/// A notification to oneself. The result is an empty text; the statement returns no rows.
const PROBE: &str = "SELECT 1::bigint FROM pg_notify('models_revision', '')";

/// After how long a silence a node notifies itself: a connection that is cut looks like one on which nothing is said.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// How long a notification to oneself may take, and at the start, where a failure ends the process.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PROBE_TIMEOUT: Duration = Duration::from_secs(5);

const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

const DEAF: &str = "no notification arrives (LISTEN and NOTIFY); if there is a pooler before the server, it must be in \
    session mode";

/// Hearing of the commits of other processes.
pub(crate) trait Listen: Driver {
    /// Wakes `committed` when another process has committed, where that can be heard, for as long
    /// as the pool is open.
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
    /// Nothing tells of other processes' commits; they are found by looking.
    async fn listen(
        _: &Connections<Self>,
        _: &Arc<Notify>,
        _: &ObserverSlot,
    ) -> Result<(), RepositoryError> {
        Ok(())
    }
}

/// Wakes `committed` whenever any process has committed, for as long as the pool is open. A
/// notification is a hint: whoever waits for it also looks from time to time. A server or a pooler
/// that lets none through is refused.
async fn listen(
    connections: &Connections<Postgres>,
    committed: &Arc<Notify>,
    observer: &ObserverSlot,
) -> Result<(), RepositoryError> {
    let subscribed = Listener::subscribe(connections, CHANNEL).await;
    let mut listener = subscribed.map_err(repository_error)?;
    if !hears_itself(connections, &mut listener, FIRST_PROBE_TIMEOUT).await {
        return Err(RepositoryError::Failed(DEAF.into()));
    }
    let (connections, committed, observer) =
        (connections.clone(), committed.clone(), observer.clone());
    tokio::spawn(async move {
        while !connections.is_closed() {
            // Any doubt, and the connection is given up: a listener that goes on by itself has been
            // seen to lose notifications without a word.
            loop {
                let is_heard = match listener.wait(HEARTBEAT).await {
                    Ok(Some(())) => true,
                    Ok(None) => hears_itself(&connections, &mut listener, PROBE_TIMEOUT).await,
                    Err(_) => false,
                };
                if !is_heard {
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
            observer.tell(|observer| observer.reconnected());
            committed.notify_one();
        }
    });
    Ok(())
}

/// Whether a notification arrives that is sent to oneself.
async fn hears_itself(
    connections: &Connections<Postgres>,
    listener: &mut Listener,
    time: Duration,
) -> bool {
    let Ok(mut connection) = connections.acquire(Deadline::RENEWAL).await else {
        return false;
    };
    let sent = connection.fetch::<(i64,)>(PROBE, vec![]).await;
    // The listener may need its place.
    drop(connection);
    sent.is_ok() && matches!(listener.wait(time).await, Ok(Some(())))
}
