//! The settings of the listener for gateways.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use super::parse::{networks, optional_port, paths, seconds, within};
use super::secrets::{Refusal, read};
use crate::access::gateway::SecretDigest;
use crate::authorize::path::Path;

const SECRET_FILE: &str = "authorization.secret_file";
/// The shortest secret of gateways, in bytes.
const SHORTEST_SECRET: usize = 16;

/// The listener for authorization requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationSettings {
    pub host: String,
    /// `None`: there is no such listener.
    #[serde(deserialize_with = "optional_port")]
    pub port: Option<u16>,
    #[serde(deserialize_with = "networks")]
    pub allowed_clients: Vec<IpNet>,
    pub secret_file: PathBuf,
    /// The digest of the secret in `secret_file`.
    #[serde(skip)]
    pub(crate) secret: Option<SecretDigest>,
    #[serde(deserialize_with = "paths")]
    pub open_paths: Vec<Path<'static>>,
    #[serde(deserialize_with = "within::<_, 1, 65_535>")]
    pub connections: u16,
    #[serde(deserialize_with = "within::<_, 1, 1_024>")]
    pub body_mib: u16,
    #[serde(deserialize_with = "seconds")]
    pub request_timeout: Duration,
}

/// Reads the secret that gateways share with the service. Refuses a listener that all clients of a network can reach: they
/// could test keys and model ids.
pub(super) fn resolve(authorization: &mut AuthorizationSettings) -> Result<(), Refusal> {
    if !authorization.secret_file.as_os_str().is_empty() {
        let refuse = |reason| (SECRET_FILE, reason);
        let secret = read(&authorization.secret_file).map_err(refuse)?;
        if secret.len() < SHORTEST_SECRET {
            return Err(refuse(format!(
                "{} must hold at least {SHORTEST_SECRET} characters",
                authorization.secret_file.display()
            )));
        }
        authorization.secret = Some(SecretDigest::of(secret.as_bytes()));
    }
    let host = authorization.host.as_str();
    let address: Option<IpAddr> = host.parse().ok();
    let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    let is_open = authorization.secret.is_none() && authorization.allowed_clients.is_empty();
    if authorization.port.is_some() && !is_local && is_open {
        let reason = "on another address than loopback, set `authorization.secret_file` or \
                      `authorization.allowed_clients`: without them, every client of the network can test keys";
        return Err(("authorization.host", reason.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::os::unix::fs::PermissionsExt;

    use crate::settings::Settings;

    fn load(settings: &[(&str, &str)]) -> Result<Settings, String> {
        let variables = settings.iter().map(|(name, value)| {
            let name = format!("MODELS__AUTHORIZATION__{name}");
            (name, (*value).to_owned())
        });
        let variables: HashMap<_, _> = variables.collect();
        Settings::load_from(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn a_listener_for_everybody_is_refused() {
        let on_all = ("HOST", "0.0.0.0");
        for (settings, is_accepted) in [
            (&[on_all][..], true),
            (&[on_all, ("PORT", "0")], false),
            (&[("HOST", "models"), ("PORT", "0")], false),
            (
                &[on_all, ("PORT", "0"), ("ALLOWED_CLIENTS", "10.0.0.0/8")],
                true,
            ),
            (&[("HOST", "127.0.0.2"), ("PORT", "0")], true),
            (&[("HOST", "::1"), ("PORT", "0")], true),
            (&[("HOST", "localhost"), ("PORT", "0")], true),
        ] {
            let loaded = load(settings);
            assert_eq!(loaded.is_ok(), is_accepted, "{settings:?} {loaded:?}");
            if let Err(message) = loaded {
                assert!(message.contains("authorization.secret_file"), "{message}");
            }
        }
    }

    #[test]
    fn a_secret_is_long_and_private() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let secret = [("HOST", "0.0.0.0"), ("PORT", "0"), ("SECRET_FILE", path)];
        for (text, mode, is_accepted) in [
            ("a secret of the gateway\n", 0o600, true),
            ("a secret of the gateway\n", 0o604, false),
            ("short", 0o600, false),
            ("", 0o600, false),
        ] {
            std::fs::write(path, text).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            let loaded = load(&secret);
            assert_eq!(loaded.is_ok(), is_accepted, "{text} {mode:o}");
            let shown = format!("{loaded:?}");
            assert!(
                !shown.contains("of the gateway") && !shown.contains("short\""),
                "{shown}"
            );
        }
    }
}
