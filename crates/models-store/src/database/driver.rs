//! The statements' way to either database.

use std::future::Future;

use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

use super::value::{Record, Value};

/// A database that runs statements.
pub(crate) trait Driver: sqlx::Database {
    /// Notifies other processes of the revision `$1`, which has been committed. A hint: it may fail.
    const NOTIFY: Option<&'static str>;

    /// Runs the statement and answers its rows.
    fn fetch<T: Record>(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<T>, sqlx::Error>> + Send;

    /// Runs statements that have no parameters, and calls `each` after each of them.
    fn run(
        connection: &mut Self::Connection,
        sql: String,
        each: impl FnMut() + Send,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Closes a connection whose last statement has not ended.
    fn discard(connection: PoolConnection<Self>) -> impl Future<Output = ()> + Send + 'static;
}

/// Runs after COMMIT, in a transaction of its own: a queue that is full fails it, and not the change. Nothing waits for
/// the disk or a standby with it, and it waits for no other notifier for long.
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
                // Its callers make it of constants and numbers.
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

/// Ends a connection whose statement has passed its deadline. Its thread may be stuck in that for long, so the connection
/// keeps its place in the pool until then: there are never more threads than places.
async fn discard_on_sqlite(connection: PoolConnection<Sqlite>) {
    // What it was doing is rolled back.
    let _ = connection.close().await;
}

/// Closes the connection without another word to the server, which may be silent.
fn discard_on_postgres(connection: PoolConnection<Postgres>) -> std::future::Ready<()> {
    drop(connection.detach());
    std::future::ready(())
}
