//! What there is to set.

use std::sync::Arc;
use std::time::Duration;

use actix_http::header::HeaderValue;
use ipnet::IpNet;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;

use super::database::DatabaseSettings;
use super::origins;
use super::parse::{count, delay, flag, lease, level, networks, seconds, within};
use super::secrets::PasswordFile;
use crate::store::{Options, PasswordSource};

/// All settings. `config/default.toml` says what each means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config/default.toml documents each where its default stands"
)]
pub struct Settings {
    #[serde(deserialize_with = "flag")]
    pub bootstrap: bool,
    pub server: ServerSettings,
    pub operations: OperationsSettings,
    pub limits: LimitSettings,
    pub database: DatabaseSettings,
    pub consistency: ConsistencySettings,
    pub cache: CacheSettings,
    pub log: LogSettings,
}

/// How to listen and serve.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    pub host: String,
    #[serde(deserialize_with = "within::<_, 0, 65_535>")]
    pub port: u16,
    #[serde(deserialize_with = "within::<_, 0, 256>")]
    pub workers: u16,
    #[serde(deserialize_with = "delay")]
    pub drain_delay: Duration,
    #[serde(deserialize_with = "seconds")]
    pub shutdown_timeout: Duration,
    #[serde(deserialize_with = "flag")]
    pub trust_request_id: bool,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    #[serde(deserialize_with = "flag")]
    pub ignore_organization_headers: bool,
    #[serde(deserialize_with = "origins::deserialize")]
    pub cors_origins: Vec<HeaderValue>,
}

impl ServerSettings {
    /// Whether pages without an origin of their own may read responses.
    pub(crate) fn allows_null_origin(&self) -> bool {
        self.cors_origins
            .iter()
            .any(|origin| origin == origins::NULL)
    }
}

/// Where operators look.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationsSettings {
    pub host: String,
    #[serde(deserialize_with = "within::<_, 0, 65_535>")]
    pub port: u16,
}

/// What clients may take of the service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub connections: u16,
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub requests_in_flight: u16,
    #[serde(deserialize_with = "within::<_, 1, 64>")]
    pub head_kib: u16,
    #[serde(deserialize_with = "within::<_, 0, 65_535>")]
    pub body_kib: u16,
    #[serde(deserialize_with = "seconds")]
    pub head_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub request_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub send_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub idle_timeout: Duration,
    #[serde(deserialize_with = "count")]
    pub requests_per_minute: u32,
    #[serde(deserialize_with = "count")]
    pub failed_authentications_per_minute: u32,
    #[serde(deserialize_with = "within::<_, 1, 10_000>")]
    pub throttled_key_lookups_per_second: u16,
}

/// When a node may answer from memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencySettings {
    #[serde(deserialize_with = "lease")]
    pub lease: Duration,
}

/// How much is kept in memory, in MiB.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub keys_mib: u16,
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub views_mib: u16,
}

impl CacheSettings {
    /// For keys, in bytes.
    #[must_use]
    pub fn keys(&self) -> usize {
        usize::from(self.keys_mib) << 20
    }

    /// For views, in bytes.
    #[must_use]
    pub fn views(&self) -> usize {
        usize::from(self.views_mib) << 20
    }
}

/// What the log says and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    pub format: LogFormat,
    #[serde(deserialize_with = "level")]
    pub level: LevelFilter,
    pub requests: RequestLog,
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub sample: u16,
}

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For eyes.
    Human,
    /// One JSON object a line.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("must be human or json"),
        }
    }
}

/// Which answers the log has a line for, beside those that say that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum RequestLog {
    /// None.
    Off,
    /// One of so many.
    Sampled,
    /// All.
    All,
}

impl TryFrom<String> for RequestLog {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "off" => Ok(Self::Off),
            "sampled" => Ok(Self::Sampled),
            "all" => Ok(Self::All),
            _ => Err("must be off, sampled or all"),
        }
    }
}

impl Settings {
    /// The part that the store wants to know.
    #[must_use]
    pub fn options(&self, create: bool) -> Options {
        Options {
            max_connections: self.database.max_connections.into(),
            connect_timeout: self.database.connect_timeout,
            lease: self.consistency.lease,
            create,
        }
    }

    /// Where the database's password comes from while the service runs, if that is a file.
    #[must_use]
    pub fn password_source(&self) -> Option<Arc<dyn PasswordSource>> {
        let path = &self.database.password_file;
        let is_set = !path.as_os_str().is_empty();
        is_set.then(|| Arc::new(PasswordFile::at(path.clone())) as _)
    }
}
