//! Settings: what there is to set. Where the values come from is in [`source`].

mod origins;
mod secrets;
mod source;
mod variables;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_http::header::HeaderValue;
use ipnet::IpNet;
use models_store::{OpenError, Options, PasswordSource, check_url};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tracing::level_filters::LevelFilter;

use crate::access::address::TrustedProxies;
use crate::http::cors::Cors;
use crate::node::Node;
use crate::server::respond::{Logged, Reception, RequestLimits};

pub use source::SettingsError;

use secrets::PasswordFile;

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

/// Where the catalog is kept.
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

/// A database's URL. It may hold a password, so it is not printed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL, with the password.
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

    pub(crate) fn reception(&self, node: &Node) -> Reception {
        Reception {
            clock: node.clock().clone(),
            metrics: Some(node.metrics.clone()),
            trust_request_id: self.server.trust_request_id,
            cors: Cors::new(&self.server.cors_origins),
            trusted_proxies: Arc::new(TrustedProxies::new(self.server.trusted_proxies.clone())),
            logged: Logged::new(&self.log),
            limits: RequestLimits {
                head: usize::from(self.limits.head_kib) << 10,
                body: u64::from(self.limits.body_kib) << 10,
                in_flight: Arc::new(Semaphore::new(self.limits.requests_in_flight.into())),
                time: self.limits.request_timeout,
            },
            grace: self.server.shutdown_timeout,
        }
    }
}

/// Addresses and networks, separated by commas.
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let network = |name: &str| {
        let address = name.parse().map(|address: IpAddr| address.into());
        address.or_else(|_| name.parse()).map_err(|_| {
            serde::de::Error::custom(format!(
                "`{name}` is neither an address nor a network, as `10.0.0.0/8` is"
            ))
        })
    };
    names.map(network).collect()
}

fn level<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<LevelFilter, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase());
    let level = text.parse().ok().filter(|_| is_name);
    level.ok_or_else(|| serde::de::Error::custom("must be off, error, warn, info, debug or trace"))
}

/// Whole seconds, from 3 to an hour. It is renewed every second.
fn lease<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within::<D, 3, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

/// Whole seconds, up to an hour.
fn delay<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within::<D, 0, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

/// Whole seconds, from 1 to an hour.
fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within::<D, 1, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

fn within<'de, D: serde::Deserializer<'de>, const LEAST: u16, const MOST: u16>(
    deserializer: D,
) -> Result<u16, D::Error> {
    let number = number(deserializer, LEAST.into(), MOST.into())?;
    u16::try_from(number).map_err(serde::de::Error::custom)
}

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = number(deserializer, 0, u32::MAX.into())?;
    u32::try_from(number).map_err(serde::de::Error::custom)
}

/// A number of this range. What is none is not repeated: it may be a secret in the wrong place.
fn number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    least: u64,
    most: u64,
) -> Result<u64, D::Error> {
    let range = format!("must be between {least} and {most}");
    let number = u64::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom(format!("{range}, a whole number")))?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(serde::de::Error::custom(format!("{range}, not {number}")))
    }
}

fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let flag = bool::deserialize(deserializer);
    flag.map_err(|_| serde::de::Error::custom("must be true or false"))
}
