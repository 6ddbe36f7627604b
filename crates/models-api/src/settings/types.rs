//! The types of the settings.

use std::sync::Arc;
use std::time::Duration;

use actix_http::header::HeaderValue;
use ipnet::IpNet;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;

use super::authorization::AuthorizationSettings;
use super::database::DatabaseSettings;
use super::origins;
use super::parse::{count, credentials, delay, flag, lease, level, networks, seconds, within};
use super::secrets::PasswordFile;
use crate::access::credentials::CredentialPlace;
use crate::store::{Options, PasswordSource};

/// All settings. `config/default.toml` documents each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config/default.toml documents each beside its default"
)]
pub struct Settings {
    #[serde(deserialize_with = "flag")]
    pub bootstrap: bool,
    pub server: ServerSettings,
    pub administration: AdministrationSettings,
    pub audit: AuditSettings,
    pub operations: OperationsSettings,
    pub authorization: AuthorizationSettings,
    pub limits: LimitSettings,
    pub database: DatabaseSettings,
    pub consistency: ConsistencySettings,
    pub cache: CacheSettings,
    pub log: LogSettings,
}

/// The API's listener.
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
    #[serde(deserialize_with = "credentials")]
    pub credentials: Vec<CredentialPlace>,
    #[serde(deserialize_with = "origins::deserialize")]
    pub cors_origins: Vec<HeaderValue>,
}

impl ServerSettings {
    /// Whether pages without an origin may read responses.
    pub(crate) fn allows_null_origin(&self) -> bool {
        self.cors_origins
            .iter()
            .any(|origin| origin == origins::NULL)
    }
}

/// The administration API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministrationSettings {
    #[serde(deserialize_with = "flag")]
    pub enabled: bool,
}

/// The audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    #[serde(deserialize_with = "flag")]
    pub client_addresses: bool,
}

/// The operations listener: health and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationsSettings {
    pub host: String,
    #[serde(deserialize_with = "within::<_, 0, 65_535>")]
    pub port: u16,
}

/// Limits on the resources that clients use.
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

/// The lease: the time for which a node may serve from memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencySettings {
    #[serde(deserialize_with = "lease")]
    pub lease: Duration,
}

/// The sizes of the caches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub keys_mib: u16,
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub views_mib: u16,
}

impl CacheSettings {
    /// The size of the cache of keys, in bytes.
    #[must_use]
    pub fn keys(&self) -> usize {
        usize::from(self.keys_mib) << 20
    }

    /// The size of the cache of views, in bytes.
    #[must_use]
    pub fn views(&self) -> usize {
        usize::from(self.views_mib) << 20
    }
}

/// The log.
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

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object per line.
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

/// The choice of successful responses to log. Failures are logged with any choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum RequestLog {
    /// No successful response.
    Off,
    /// One of `log.sample` responses.
    Sampled,
    /// Every response.
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
    /// Returns the options of the store. `create` allows it to create a missing database.
    #[must_use]
    pub fn options(&self, create: bool) -> Options {
        Options {
            max_connections: self.database.max_connections.into(),
            connect_timeout: self.database.connect_timeout,
            lease: self.consistency.lease,
            create,
        }
    }

    /// Returns the file that holds the password of the database, if a setting names one.
    #[must_use]
    pub fn password_source(&self) -> Option<Arc<dyn PasswordSource>> {
        let path = &self.database.password_file;
        let is_set = !path.as_os_str().is_empty();
        is_set.then(|| Arc::new(PasswordFile::at(path.clone())) as _)
    }
}
