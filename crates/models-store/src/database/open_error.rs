//! The errors of opening a store.

use std::path::PathBuf;
use std::time::Duration;

use models_core::Level;
use sqlx::migrate::MigrateError;

use super::error::{shown, shown_migration};

/// The reason why a store cannot be opened, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL's scheme is neither `sqlite` nor `postgres`.
    #[error("a database URL must begin with `sqlite://` or `postgres://`")]
    Scheme,
    /// The URL has the right scheme and cannot be parsed.
    #[error("the database URL cannot be read: {}", shown(.0))]
    Url(#[source] sqlx::Error),
    /// The user or the password in the URL is not escaped.
    #[error(
        "a `/` or `@` in the database URL's user or password must be written %2F or %40, `?` and `#` %3F and %23"
    )]
    RawSeparator,
    /// The URL has a parameter that would take no effect.
    #[error("the database URL has a parameter that takes no effect: {shown} ({instead})")]
    Parameter {
        /// The parameter's name, if it is safe to show.
        shown: String,
        /// The advice to the operator.
        instead: String,
    },
    /// The URL has a parameter twice, and only the last one would take effect.
    #[error("the database URL has the parameter `{0}` twice")]
    RepeatedParameter(&'static str),
    /// The variable `PGSSLMODE` has an unknown value and would take no effect.
    #[error(
        "the variable PGSSLMODE must be disable, allow, prefer, require, verify-ca or verify-full"
    )]
    SslModeVariable,
    /// The URL has parameters for SQLite. The service sets them itself.
    #[error("a SQLite URL takes no parameters")]
    Parameters,
    /// The SQLite file does not exist, and the caller did not allow its creation.
    #[error("there is no database {}; `serve`, `migrate`, `organization create` and `model import` create one", .0.display())]
    NoDatabase(PathBuf),
    /// The server's database lacks the service's tables, and the caller did not allow their
    /// creation.
    #[error(
        "{0} has no tables of this service; `serve`, `migrate`, `organization create` and `model import` create them"
    )]
    NoTables(String),
    /// The URL names an in-memory database, which is lost when the process ends.
    #[error(
        "an in-memory SQLite database keeps nothing; name a file, as in `sqlite://data/models.db`"
    )]
    InMemory,
    /// The directory of the file cannot be created.
    #[error("the directory {path} cannot be created: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file cannot be created or used.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file has several names.
    #[error(
        "the database file {} has {names} names (hard links); processes that open it by different names would not see each \
         other's changes; remove all names but one (`find DIRECTORY -samefile {}` shows them)",
        path.display(), path.display()
    )]
    Linked {
        /// One of the names.
        path: PathBuf,
        /// The number of names.
        names: u64,
    },
    /// The nodes file cannot be used.
    #[error("the file {}, which holds the nodes' rows, cannot be used: {}", path.display(), shown(source))]
    NodesFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: sqlx::Error,
    },
    /// The file was removed or replaced during the opening.
    #[error("the database file {} was removed or replaced while it was being opened; try again", .0.display())]
    Moved(PathBuf),
    /// The server is unreachable or refuses the connection.
    #[error("cannot connect to {location}: {}", shown(source))]
    Connect {
        /// The server and the database, without the password.
        location: String,
        /// The reason.
        source: sqlx::Error,
    },
    /// The server did not respond.
    #[error("cannot connect to {location}: no response within {} s", timeout.as_secs_f32())]
    Timeout {
        /// The server and the database, without the password.
        location: String,
        /// The time limit.
        timeout: Duration,
    },
    /// `copy` has moved the catalog of this file.
    #[error(
        "the catalog in {location} was moved to {moved_to} by `models-api copy`; use that database. To use this file again \
         (it lacks all later changes), run `models-api copy --undo`"
    )]
    MovedTo {
        /// The file.
        location: String,
        /// The server and the database, without the password.
        moved_to: String,
    },
    /// A database to fill has the tables of an older version.
    #[error(
        "{location} has the tables of schema version {found}, and this program needs {known}; name an empty database"
    )]
    Older {
        /// The server and the database, without the password.
        location: String,
        /// The newest migration of the database.
        found: i64,
        /// The newest migration that this program knows.
        known: i64,
    },
    /// A newer program has migrated the database.
    #[error(
        "the database is newer than this program: it has had migration {found}, and this program knows those up to \
         {known}; run a newer version of the program"
    )]
    Newer {
        /// The newest migration of the database, which this program does not know.
        found: i64,
        /// The newest migration that this program knows.
        known: i64,
    },
    /// A newer version uses a feature that this version cannot enforce.
    #[error(
        "the catalog is at level {needed}, and this program supports level {}; run version {version} or newer of the program",
        Level::SUPPORTED
    )]
    Level {
        /// The catalog's level.
        needed: Level,
        /// The version of the program that raised the level.
        version: String,
    },
    /// A migration failed, or an applied migration differs from this program's.
    #[error("the database cannot be migrated: {}", shown_migration(.0))]
    Migrate(#[source] MigrateError),
    /// A setting of the database does not allow the promised durability or isolation.
    #[error("the database's {name} must be {expected} but is {found}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// The required value.
        expected: String,
        /// The present value.
        found: String,
    },
}
