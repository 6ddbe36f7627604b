//! Why a store cannot be opened.

use std::path::PathBuf;
use std::time::Duration;

use models_core::Level;
use sqlx::migrate::MigrateError;

use super::error::{shown, shown_migration};

/// Why a store cannot be opened, in a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither kind of database.
    #[error("a database URL must begin with `sqlite://` or `postgres://`")]
    Scheme,
    /// The right scheme, but not a URL of that kind.
    #[error("the database URL cannot be read: {}", shown(.0))]
    Url(#[source] sqlx::Error),
    /// A password that was not escaped.
    #[error(
        "a `/` or `@` in the database URL's user or password must be written %2F or %40, `?` and `#` %3F and %23"
    )]
    RawSeparator,
    /// A parameter that would take no effect.
    #[error("the database URL has a parameter that takes no effect: {shown} ({instead})")]
    Parameter {
        /// The parameter's name, if it can be shown.
        shown: String,
        /// What to do about it.
        instead: String,
    },
    /// A parameter of which only the last would take effect.
    #[error("the database URL has the parameter `{0}` twice")]
    RepeatedParameter(&'static str),
    /// A variable that would take no effect.
    #[error(
        "the variable PGSSLMODE must be disable, allow, prefer, require, verify-ca or verify-full"
    )]
    SslModeVariable,
    /// Settings of SQLite's that are not the operator's to choose.
    #[error("a SQLite URL takes no parameters")]
    Parameters,
    /// A file that is not there, and was not to be made.
    #[error("there is no database {}; `serve`, `migrate`, `organization create` and `model import` make one", .0.display())]
    NoDatabase(PathBuf),
    /// A server's database without our tables, which were not to be made.
    #[error(
        "{0} has no tables of this service; `serve`, `migrate`, `organization create` and `model import` make them"
    )]
    NoTables(String),
    /// A database that is gone when the process ends.
    #[error(
        "an in-memory SQLite database keeps nothing; name a file, as in `sqlite://data/models.db`"
    )]
    InMemory,
    /// The directory for the file.
    #[error("the directory {path} cannot be created: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file itself.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file that has several names.
    #[error(
        "the database file {} has {names} names (hard links); processes that open it by different names would not see each \
         other's changes; remove all names but one (`find DIRECTORY -samefile {}` shows them)",
        path.display(), path.display()
    )]
    Linked {
        /// One of its names.
        path: PathBuf,
        /// How many it has.
        names: u64,
    },
    /// The file with the nodes' rows.
    #[error("the file {}, which holds the nodes' rows, cannot be used: {}", path.display(), shown(source))]
    NodesFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: sqlx::Error,
    },
    /// Somebody was at work on the file.
    #[error("the database file {} was removed or replaced while it was being opened; try again", .0.display())]
    Moved(PathBuf),
    /// Nothing there, or nothing that lets us in.
    #[error("cannot connect to {location}: {}", shown(source))]
    Connect {
        /// What was tried.
        location: String,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// No answer.
    #[error("cannot connect to {location}: no answer within {} s", timeout.as_secs_f32())]
    Timeout {
        /// What was tried.
        location: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// A newer binary was here.
    #[error(
        "the database is newer than this program: it has had migration {found}, and this program knows those up to \
         {known}; run a newer version of the program"
    )]
    Newer {
        /// The migration that is unknown here.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// A newer version has put a feature to use that this one cannot enforce.
    #[error(
        "the catalog is at level {needed}, and this program supports level {}; run version {version} or newer of the program",
        Level::SUPPORTED
    )]
    Level {
        /// The catalog's level.
        needed: Level,
        /// The version of the program that raised it.
        version: String,
    },
    /// A migration failed, or is not the one that was run before.
    #[error("the database cannot be migrated: {}", shown_migration(.0))]
    Migrate(#[source] MigrateError),
    /// The database is not as it must be for what is promised.
    #[error("the database's {name} must be {expected} but is {found}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
}
