//! The errors of a copy.

use std::time::Duration;

use models_core::RepositoryError;

use crate::database::{OpenError, shown};

/// The reason why a catalog was not copied, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source is a PostgreSQL database.
    #[error(
        "`copy` copies a SQLite database, and `database.url` names a PostgreSQL one; copy it with pg_dump and psql"
    )]
    SourceIsServer,
    /// The target is a SQLite file.
    #[error(
        "`copy` copies to PostgreSQL; to copy the database to another SQLite file, use `models-api backup FILE`"
    )]
    TargetIsFile,
    /// The source cannot be opened.
    #[error(transparent)]
    Source(OpenError),
    /// The target cannot be opened.
    #[error("the target: {0}")]
    Target(OpenError),
    /// Nodes run on the source.
    #[error(
        "a service runs on the source ({}); stop it, and then repeat the command",
        .0.join(", ")
    )]
    Running(Vec<String>),
    /// The nodes of the source cannot be listed.
    #[error("the nodes of the source cannot be listed: {0}")]
    Nodes(RepositoryError),
    /// The target holds rows.
    #[error(
        "the target {location} is not empty (it has rows in {}); name an empty database", .tables.join(", ")
    )]
    NotEmpty {
        /// The server and the database, without the password.
        location: String,
        /// The tables with rows.
        tables: Vec<String>,
    },
    /// The schemas of the two databases do not fit each other.
    #[error("the databases do not have the same tables: {0}")]
    Schema(String),
    /// A text of the source cannot be stored in PostgreSQL.
    #[error(
        "the column {column} of the table {table} holds text that PostgreSQL cannot store ({reason})"
    )]
    Text {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The reason.
        reason: &'static str,
    },
    /// The target does not hold what was copied.
    #[error(
        "the copy of the table {0} differs from the source; nothing was changed (does a trigger or a rule of the target \
         change rows?)"
    )]
    Differs(String),
    /// The source failed.
    #[error("the source failed, and nothing was changed: {}", shown(.0))]
    Read(#[source] sqlx::Error),
    /// The target failed.
    #[error("the target failed, and nothing was changed: {}", shown(.0))]
    Write(#[source] sqlx::Error),
    /// The target did not respond.
    #[error("the target did not respond within {} s, and nothing was changed", .0.as_secs())]
    Silent(Duration),
    /// The connection was lost while the target committed.
    #[error(
        "the connection was lost while {location} committed: {reason}; the source stays marked as moved. Look whether \
         the target has the catalog: MODELS__DATABASE__URL=… models-api organization list. If it has none, run `models-api \
         copy --undo` and repeat the copy"
    )]
    InDoubt {
        /// The server and the database, without the password.
        location: String,
        /// The reason.
        reason: String,
    },
    /// Another command removed the mark before the target committed.
    #[error(
        "another command removed the mark of the source during the copy; nothing was changed, so repeat the command"
    )]
    Undone,
    /// The copy failed after the source was marked, and the mark cannot be removed.
    #[error(
        "{error}; the source is still marked as moved ({mark}); run `models-api copy --undo` before you use it"
    )]
    StillMarked {
        /// The reason why the copy failed.
        error: Box<CopyError>,
        /// The reason why the mark cannot be removed.
        mark: Box<CopyError>,
    },
    /// The mark cannot be removed.
    #[error("the mark of {location} cannot be changed: {}", shown(source))]
    Mark {
        /// The file.
        location: String,
        /// The reason.
        source: sqlx::Error,
    },
    /// The database is not marked as moved.
    #[error("the database {0} is not marked as moved")]
    NotMoved(String),
}
