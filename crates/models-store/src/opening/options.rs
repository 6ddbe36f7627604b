//! Which database a store uses, and how.

use std::time::Duration;

use crate::database::OpenError;

/// How a store uses its database.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most connections to have open for reading, beside the few for writing and for following the
    /// log.
    pub max_connections: u32,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a node may serve from memory after it last knew its memory to be true.
    pub lease: Duration,
    /// Create a SQLite file that is not there, or the tables in a database that has none.
    pub create: bool,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file of this machine's.
    Sqlite,
    /// A server.
    Postgres,
}

impl DatabaseKind {
    /// The kind that a URL names by its scheme.
    pub fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            // Without `//` everything that follows, also a password, would be the database's name.
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres),
            _ => Err(OpenError::Scheme),
        }
    }
}

impl std::fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}
