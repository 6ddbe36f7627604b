//! Maps errors of the database to errors of a repository.

use std::fmt;

use models_core::RepositoryError;
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// SQLSTATE classes and codes of temporary failures.
///
/// - 08: connection faults. 28: a password that is being changed. 40: a transaction rolled back in
///   favour of others.
/// - 53: a shortage of resources. 57: an operator's intervention (a shutdown, a time-out). 55P03: a
///   lock that was not free in time.
/// - 25006: a server that has become a read-only standby. 25P03: a transaction that was idle for
///   too long.
const TEMPORARY_IN_POSTGRES: [&str; 9] = [
    "08", "28P01", "28000", "40", "53", "57", "55P03", "25006", "25P03",
];

/// SQLite's primary result codes of temporary failures: busy, locked, read-only, an I/O fault, a
/// full disk, a file that cannot be opened.
const TEMPORARY_IN_SQLITE: [u32; 6] = [5, 6, 8, 10, 13, 14];

pub(crate) fn repository_error(error: sqlx::Error) -> RepositoryError {
    if is_of_another_connection(&error) {
        RepositoryError::Failed(POOLED.into())
    } else if is_duplicate(&error) {
        RepositoryError::AlreadyExists
    } else if is_temporary(&error) {
        RepositoryError::Unavailable(Box::new(Shown(error)))
    } else {
        RepositoryError::Failed(Box::new(Shown(error)))
    }
}

/// The error for a failed acquisition of a connection.
pub(crate) fn unavailable(error: sqlx::Error) -> RepositoryError {
    RepositoryError::Unavailable(Box::new(Shown(error)))
}

/// An error of the database, without the line of PostgreSQL's source code that sqlx adds.
#[derive(Debug)]
struct Shown(sqlx::Error);

impl std::error::Error for Shown {}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Whether a statement conflicted with another transaction: it waited too long for a lock, was part
/// of a deadlock, or wrote a row that the other transaction has just written.
pub(crate) fn gives_way(error: &RepositoryError) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const DEADLOCK_DETECTED: &str = "40P01";
    match error {
        RepositoryError::AlreadyExists => true,
        RepositoryError::Unavailable(source) => {
            let failure = source.downcast_ref::<Shown>();
            let code = failure.and_then(|Shown(error)| error.as_database_error()?.code());
            code.is_some_and(|code| matches!(&*code, LOCK_NOT_AVAILABLE | DEADLOCK_DETECTED))
        }
        RepositoryError::Failed(_)
        | RepositoryError::Outdated { .. }
        | RepositoryError::OlderNodes(_) => false,
    }
}

/// The text of an error for operators.
pub(crate) fn shown(error: &sqlx::Error) -> String {
    match postgres_error(error) {
        Some(error) => format!("error returned from database: {}", error.message()),
        None => error.to_string(),
    }
}

/// The text of a failed migration for operators.
pub(crate) fn shown_migration(error: &MigrateError) -> String {
    if let MigrateError::ExecuteMigration(error, version) = error {
        format!("while executing migration {version}: {}", shown(error))
    } else if let MigrateError::Execute(error) = error {
        format!("while executing migrations: {}", shown(error))
    } else {
        error.to_string()
    }
}

fn postgres_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Whether the server refused the password or the user.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "28P01" | "28000"))
}

/// Whether the connection is unusable after this error. A server reports an error before it ends a
/// connection: at a shutdown, after `pg_terminate_backend`, or after a transaction was idle for too
/// long.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    if let Some(error) = error.as_database_error() {
        let code = error.code().unwrap_or_default();
        let is_end = ["08", "57P01", "57P02", "57P05", "25P03", "25P04"]
            .iter()
            .any(|prefix| code.starts_with(prefix));
        return is_end && !is_of_sqlite(error);
    }
    !matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
    )
}

/// Whether a commit with this error may have happened. A server that ends the connection while it
/// waits for its standby has committed, and so may have a server process that ends with any other
/// error.
pub(crate) fn is_in_doubt(error: &sqlx::Error) -> bool {
    let severity = postgres_error(error).map(PgDatabaseError::severity);
    is_lost(error) || matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
}

/// The error for a row whose values break the rules of their types.
pub(crate) fn damaged(
    table: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> RepositoryError {
    RepositoryError::Failed(format!("a row of the table {table} is damaged: {error}").into())
}

/// Whether SQLite found the file locked by another connection.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// The error under a pooler in transaction mode: it shares connections between clients, so the
/// statements prepared on a connection are not ours.
const POOLED: &str = "another client's prepared statements are on our connection to the database; if there is a pooler in front of the \
    server, set it to session mode";

fn is_of_another_connection(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "42P05" | "26000"))
}

fn is_duplicate(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| matches!(error.kind(), ErrorKind::UniqueViolation))
}

pub(crate) fn is_temporary(error: &sqlx::Error) -> bool {
    if let Some(error) = error.as_database_error() {
        return is_temporary_in_database(error);
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}

fn is_temporary_in_database(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if !is_of_sqlite(error) {
        return TEMPORARY_IN_POSTGRES
            .iter()
            .any(|prefix| code.starts_with(prefix));
    }
    // SQLite reports the extended code; the primary code is its low byte.
    code.parse::<u32>()
        .is_ok_and(|code| TEMPORARY_IN_SQLITE.contains(&(code & 0xff)))
}

fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().is_none()
}
