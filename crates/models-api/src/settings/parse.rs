//! Functions that read the values of settings.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use tracing::level_filters::LevelFilter;

use crate::access::credentials::CredentialPlace;
use crate::authorize::path::Path;

/// Reads addresses and networks that are separated by commas.
pub(super) fn networks<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<IpNet>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let network = |name: &str| {
        let address = name.parse().map(|address: IpAddr| address.into());
        address.or_else(|_| name.parse()).map_err(|_| {
            serde::de::Error::custom(format!(
                "`{name}` is neither an address nor a network, such as `10.0.0.0/8`"
            ))
        })
    };
    names.map(network).collect()
}

/// Reads a port, or an empty text for none.
pub(super) fn optional_port<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u16>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |_| serde::de::Error::custom("must be empty or between 0 and 65535");
    text.parse().map(Some).map_err(refuse)
}

/// Reads paths that are separated by commas.
pub(super) fn paths<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Path<'static>>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let paths = text
        .split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty());
    let decode = |path: &str| {
        Path::decode(path).map(Path::into_owned).map_err(|_| {
            serde::de::Error::custom(
                "must be paths, such as `/v1/batches`, without `//`, `.` and `..`",
            )
        })
    };
    paths.map(decode).collect()
}

/// Reads places of keys that are separated by commas.
pub(super) fn credentials<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<CredentialPlace>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let place = |name: &str| {
        CredentialPlace::deserialize(name.into_deserializer()).map_err(|_: serde::de::value::Error| {
            serde::de::Error::custom(
                "must be places of keys: authorization, x-api-key, x-goog-api-key, api-key and key",
            )
        })
    };
    let places: Vec<_> = names.map(place).collect::<Result<_, _>>()?;
    if places.is_empty() {
        return Err(serde::de::Error::custom(
            "must name at least one place of keys",
        ));
    }
    Ok(places)
}

pub(super) fn level<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<LevelFilter, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase());
    let level = text.parse().ok().filter(|_| is_name);
    level.ok_or_else(|| serde::de::Error::custom("must be off, error, warn, info, debug or trace"))
}

/// Reads whole seconds, from 3 to 3600. A node renews its lease every second, so it must survive a late renewal.
pub(super) fn lease<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    within::<D, 3, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

/// Reads whole seconds, up to an hour.
pub(super) fn delay<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    within::<D, 0, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

/// Reads whole seconds, from 1 to an hour.
pub(super) fn seconds<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    within::<D, 1, 3600>(deserializer).map(|seconds| Duration::from_secs(seconds.into()))
}

pub(super) fn within<'de, D: serde::Deserializer<'de>, const LEAST: u16, const MOST: u16>(
    deserializer: D,
) -> Result<u16, D::Error> {
    let number = number(deserializer, LEAST.into(), MOST.into())?;
    u16::try_from(number).map_err(serde::de::Error::custom)
}

pub(super) fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = number(deserializer, 0, u32::MAX.into())?;
    u32::try_from(number).map_err(serde::de::Error::custom)
}

/// Reads a number of this range. The error does not repeat a value that is not a number: it may be a misplaced secret.
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

pub(super) fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let flag = bool::deserialize(deserializer);
    flag.map_err(|_| serde::de::Error::custom("must be true or false"))
}
