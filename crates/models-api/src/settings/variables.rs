//! The variables that set settings, and a guard against misspelt ones.
//!
//! A misspelt variable would silently leave its setting at the default. So every variable that begins with `MODELS_`, in
//! any case, must be known. Only variables that Kubernetes injects for services named `models…` are ignored.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use super::error::SettingsError;
use super::names::{COPY_TO, DIRECTORY, ENVIRONMENT, PREFIX, variable};

/// The prefix of all variables that could be meant for this program, in any case.
const GUARDED: &str = "MODELS_";
/// Variables that a command, the compose file and the tests use.
const OTHERS: [&str; 6] = [
    COPY_TO,
    "MODELS_IMAGE",
    "MODELS_LOG_LEVEL",
    "MODELS_TEST_NODE_DIRECTORY",
    "MODELS_TEST_POSTGRES_URL",
    "MODELS_TEST_PYTHON",
];

/// Returns the variables of this process that could be meant for this program.
pub(super) fn of_process() -> Result<HashMap<String, String>, SettingsError> {
    let guarded = std::env::vars_os().filter(|(name, _)| is_guarded(name.as_encoded_bytes()));
    let text = |(name, value): (OsString, OsString)| match (name.into_string(), value.into_string())
    {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(_)) => Err(SettingsError::NotUtf8(name)),
        (Err(name), _) => Err(SettingsError::NotUtf8(name.to_string_lossy().into_owned())),
    };
    guarded.map(text).collect()
}

fn is_guarded(name: &[u8]) -> bool {
    let start = name.get(..GUARDED.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(GUARDED.as_bytes()))
}

/// Returns, for each setting that a variable sets, the name of the variable. Refuses an unknown variable that could be
/// meant for this program.
pub(super) fn check(
    known: &[String],
    variables: &HashMap<String, String>,
) -> Result<BTreeMap<String, String>, SettingsError> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut names: Vec<&String> = variables.keys().collect();
    names.sort();
    for name in names {
        let is_other = name == ENVIRONMENT || name == DIRECTORY || OTHERS.contains(&name.as_str());
        if is_other || !is_guarded(name.as_bytes()) {
            continue;
        }
        match key(name).filter(|key| known.contains(key)) {
            Some(key) => {
                if let Some(other) = found.insert(key.clone(), name.clone()) {
                    return Err(SettingsError::Twice(key, other, name.clone()));
                }
            }
            None if is_injected(name, &variables[name]) => {}
            None => return Err(refuse(known, name)),
        }
    }
    Ok(found)
}

fn refuse(known: &[String], name: &str) -> SettingsError {
    let variables = known.iter().map(|key| variable(key));
    let variables: Vec<String> = variables
        .chain([ENVIRONMENT.to_owned(), DIRECTORY.to_owned()])
        .collect();
    let hint = hint(name, &variables);
    match key(name) {
        Some(key) => SettingsError::Unknown {
            key,
            place: format!("variable {name}"),
            hint: hint.unwrap_or_else(|| format!("the settings are {}", known.join(", "))),
        },
        None => SettingsError::UnknownVariable {
            name: name.to_owned(),
            hint: hint.unwrap_or_else(|| {
                format!("a setting's variable has the form {PREFIX}SECTION__KEY")
            }),
        },
    }
}

/// Returns the setting that a variable sets. After the prefix, the name is not case-sensitive.
fn key(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix(PREFIX)?;
    Some(rest.to_lowercase().replace("__", "."))
}

/// Returns a question that suggests the most similar names.
pub(super) fn hint(name: &str, names: &[String]) -> Option<String> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        let letters: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
        letters.trim_start_matches("MODELS").to_owned()
    };
    let given = plain(name);
    let distance = |other: &&String| strsim::osa_distance(&given, &plain(other));
    let nearest = names
        .iter()
        .min_by_key(distance)
        .filter(|other| distance(other) <= 1 + given.len() / 5);
    // `MODELS_PORT` and `MODELS_DB_URL` end like a name, and `MODELS_ENV` begins like one.
    let last = |other: &str| plain(other.rsplit(['.', '_']).next().unwrap_or_default());
    let meant: Vec<&str> = match nearest {
        Some(nearest) => vec![nearest.as_str()],
        None => names
            .iter()
            .map(String::as_str)
            .filter(|other| {
                let is_last = last(other).len() >= 3 && given.ends_with(&last(other));
                is_last || given.len() >= 3 && plain(other).starts_with(&given)
            })
            .take(3)
            .collect(),
    };
    (!meant.is_empty()).then(|| format!("did you mean {}?", meant.join(" or ")))
}

/// Whether Kubernetes injected this variable for a service. The value matters too: for a service `models-server`,
/// Kubernetes injects `MODELS_SERVER_PORT`.
fn is_injected(name: &str, value: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(is_name) {
        return false;
    }
    let is_port = value.parse::<u16>().is_ok();
    let of_service = name.rsplit_once("_SERVICE_PORT");
    name.ends_with("_SERVICE_HOST") && value.parse::<IpAddr>().is_ok()
        || is_port && of_service.is_some_and(|(_, port)| port.is_empty() || port.starts_with('_'))
        || name.ends_with("_PORT") && is_address(value)
        || name
            .rsplit_once("_PORT_")
            .is_some_and(|(_, port)| is_of_port(port, value))
}

/// Whether the value has the form `tcp://10.0.0.1:80`.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, address)| {
        matches!(protocol, "tcp" | "udp" | "sctp") && address.parse::<SocketAddr>().is_ok()
    })
}

/// Whether Kubernetes injected a variable for a port, such as `…_PORT_80_TCP_ADDR`. `rest` is the text after `…_PORT_`.
fn is_of_port(rest: &str, value: &str) -> bool {
    let mut parts = rest.split('_');
    let is_number = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
    let is_protocol = matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"));
    let is_value = match parts.next() {
        None => is_address(value),
        Some("PROTO") => matches!(value, "tcp" | "udp" | "sctp"),
        Some("PORT") => value.parse::<u16>().is_ok(),
        Some("ADDR") => value.parse::<IpAddr>().is_ok(),
        Some(_) => false,
    };
    is_number && is_protocol && is_value && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let known = [
            "database.url",
            "log.level",
            "operations.port",
            "server.port",
        ]
        .map(str::to_owned);
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        match check(&known, &variables) {
            Ok(found) => Ok(found.into_values().collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_misspelt_variable_is_refused_with_a_suggestion() {
        for name in [
            "MODELS__SERVER__PORT",
            "MODELS__server__port",
            "MODELS__Server__PORT",
        ] {
            assert_eq!(checked(&[(name, "1")]), Ok(vec![name.to_owned()]));
        }
        for name in [
            "MODELS_SERVER_PORT",
            "MODELS__SERVER_PORT",
            "MODELS_SERVER__PORT",
            "MODELS___SERVER__PORT",
            "MODELS__SERVER___PORT",
            "MODELS__SERVER__PORT_",
            "MODELS__SERVER__PROT",
            "MODELS__SEVER__PORT",
            "MODELS__MODELS__SERVER__PORT",
            "models__server__port",
            "Models__Server__Port",
            "models_server_port",
            "mOdElS__SERVERPORT",
        ] {
            let message = checked(&[(name, "8080")]).unwrap_err();
            assert!(message.contains(name), "{message}");
            assert!(
                message.ends_with("did you mean MODELS__SERVER__PORT?"),
                "{message}"
            );
        }
        for (name, meant) in [
            (
                "MODELS_PORT",
                "MODELS__OPERATIONS__PORT or MODELS__SERVER__PORT",
            ),
            ("MODELS_DB_URL", "MODELS__DATABASE__URL"),
            ("MODELS_ENV", "MODELS_ENVIRONMENT"),
            ("models_environment", "MODELS_ENVIRONMENT"),
            ("MODELS_CONFIG_DIR", "MODELS_CONFIG_DIRECTORY"),
            ("MODELS_IMAGE_", ""),
        ] {
            let message = checked(&[(name, "8080")]).unwrap_err();
            assert!(message.contains(meant), "{message}");
        }
        let twice = [("MODELS__SERVER__PORT", "1"), ("MODELS__server__port", "2")];
        assert!(checked(&twice).unwrap_err().contains("`server.port`"));
    }

    #[test]
    fn known_and_foreign_variables_are_ignored() {
        for name in OTHERS
            .into_iter()
            .chain([ENVIRONMENT, DIRECTORY, "MODELS", "MODELSX", "OTHER"])
        {
            assert_eq!(checked(&[(name, "x")]), Ok(vec![]), "{name}");
        }
    }

    #[test]
    fn variables_that_kubernetes_injects_are_ignored_and_similar_ones_are_refused() {
        for service in [
            "MODELS",
            "MODELS_SERVER",
            "MODELS_LOG_LEVEL",
            "MODELS_2",
            "MODELS__SERVER",
        ] {
            for (suffix, value) in [
                ("SERVICE_HOST", "10.0.0.11"),
                ("SERVICE_HOST", "fd00::11"),
                ("SERVICE_PORT", "80"),
                ("SERVICE_PORT_HTTP", "80"),
                ("SERVICE_PORT_HTTP_ALT", "8080"),
                ("PORT", "tcp://10.0.0.11:80"),
                ("PORT", "udp://[fd00::11]:80"),
                ("PORT_80_TCP", "tcp://10.0.0.11:80"),
                ("PORT_80_TCP_PROTO", "tcp"),
                ("PORT_80_TCP_PORT", "80"),
                ("PORT_80_TCP_ADDR", "10.0.0.11"),
                ("PORT_53_UDP_ADDR", "fd00::11"),
            ] {
                let name = format!("{service}_{suffix}");
                assert_eq!(checked(&[(&name, value)]), Ok(vec![]), "{name}={value}");
                let message = checked(&[(&name, "x")]).unwrap_err();
                assert!(message.contains(&name), "{message}");
            }
        }
        for (name, value) in [
            ("MODELS_SERVER_PORT", "8080"),
            ("MODELS_SERVER_PORT", "http://10.0.0.1:80"),
            ("MODELS_SERVER_PORT", "tcp://host:80"),
            ("models_server_service_port", "80"),
            ("MODELS_PORT_80_TCP_FLAG", "80"),
            ("MODELS_PORT_80_TCP_ADDR_X", "10.0.0.1"),
            ("MODELS_PORT_X_TCP_ADDR", "10.0.0.1"),
            ("MODELS_SERVICE_PORTS", "80"),
        ] {
            assert!(checked(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
