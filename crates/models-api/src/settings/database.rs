//! The settings of the database.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::parse::{seconds, within};
use crate::store::{OpenError, check_url};

/// The database of the catalog.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    pub url: DatabaseUrl,
    pub password_file: PathBuf,
    #[serde(deserialize_with = "within::<_, 1, 1000>")]
    pub max_connections: u16,
    #[serde(deserialize_with = "seconds")]
    pub connect_timeout: Duration,
}

/// The URL of a database. It may hold a password, so `Debug` does not print it.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(pub(super) String);

impl DatabaseUrl {
    /// Returns the URL with the password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = OpenError;

    fn try_from(url: String) -> Result<Self, OpenError> {
        check_url(&url).map(|()| Self(url))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}
