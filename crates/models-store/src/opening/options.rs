//! The kind of database, and the options of a store.

use std::time::Duration;

use crate::database::OpenError;

/// The options of a store.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most open connections for reads, in addition to the few for writes and for following the
    /// event log.
    pub max_connections: u32,
    /// The time limit for getting a connection.
    pub connect_timeout: Duration,
    /// The lease: how long a node may serve from memory after its last renewal.
    pub lease: Duration,
    /// Whether to create a missing SQLite file, or missing tables on a server.
    pub create: bool,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file on this machine.
    Sqlite,
    /// A server.
    Postgres,
}

impl DatabaseKind {
    /// The kind of database that the URL's scheme names.
    pub fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            // Without `//`, sqlx would take everything that follows, also a password, for the
            // database's name.
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
