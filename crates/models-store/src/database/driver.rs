//! The execution of statements on either database.

use std::future::Future;

use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

use super::value::{Record, Value};

/// A database that runs statements.
pub(crate) trait Driver: sqlx::Database {
    /// The statement that notifies other processes of the committed revision `$1`. It is a hint and
    /// may fail.
    const NOTIFY: Option<&'static str>;

    /// Runs the statement and returns its rows.
    fn fetch<T: Record>(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<T>, sqlx::Error>> + Send;

    /// Runs statements without parameters, and calls `each` after each of them.
    fn run(
        connection: &mut Self::Connection,
        sql: String,
        each: impl FnMut() + Send,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Closes a connection whose last statement has not ended.
    fn discard(connection: PoolConnection<Self>) -> impl Future<Output = ()> + Send + 'static;
}

/// Runs after COMMIT in its own transaction, so that a full queue fails it and not the change. It
/// does not wait for the disk or a standby, and waits at most 1 s for other notifiers.
const NOTIFY: &str = "SELECT set_config('synchronous_commit', 'off', true), \
    set_config('lock_timeout', '1s', true), pg_notify('models_revision', '$1')";

macro_rules! driver {
    ($database:ty, $notify:expr, $discard:path) => {
        impl Driver for $database {
            const NOTIFY: Option<&'static str> = $notify;

            async fn fetch<T: Record>(
                connection: &mut Self::Connection,
                sql: &'static str,
                values: Vec<Value>,
            ) -> Result<Vec<T>, sqlx::Error> {
                let mut query = sqlx::query_as::<Self, T>(sql);
                for value in values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Integer(number) => query.bind(number),
                    };
                }
                query.fetch_all(connection).await
            }

            async fn run(
                connection: &mut Self::Connection,
                sql: String,
                mut each: impl FnMut() + Send,
            ) -> Result<(), sqlx::Error> {
                // The callers build the text from constants and numbers only.
                let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
                let mut results = sql.execute_many(connection);
                while results.try_next().await?.is_some() {
                    each();
                }
                Ok(())
            }

            async fn discard(connection: PoolConnection<Self>) {
                $discard(connection).await;
            }
        }
    };
}

driver!(Sqlite, None, discard_on_sqlite);
driver!(Postgres, Some(NOTIFY), discard_on_postgres);

/// Ends a connection whose statement missed its deadline. Its thread may be stuck in the statement,
/// so the connection keeps its place in the pool until the thread ends. There are never more
/// threads than places.
async fn discard_on_sqlite(connection: PoolConnection<Sqlite>) {
    // SQLite rolls the transaction back.
    let _ = connection.close().await;
}

/// Closes the connection without a message to the server, which may not respond.
fn discard_on_postgres(connection: PoolConnection<Postgres>) -> std::future::Ready<()> {
    drop(connection.detach());
    std::future::ready(())
}
