//! Parses a PostgreSQL URL and its parameters. sqlx ignores unknown parameters, so
//! `?sslmod=require` would connect without TLS.

use std::collections::HashSet;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::database::OpenError;

/// The parameters that sqlx supports, by the names in PostgreSQL's documentation.
const KNOWN: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Other names that sqlx accepts for these parameters, and one parameter of its own.
const ALSO_KNOWN: [(&str, &str); 6] = [
    ("ssl-mode", "sslmode"),
    ("ssl-root-cert", "sslrootcert"),
    ("ssl-ca", "sslrootcert"),
    ("ssl-cert", "sslcert"),
    ("ssl-key", "sslkey"),
    ("statement-cache-capacity", "statement-cache-capacity"),
];

const LEAVE_OUT: &str = "leave it out";
const SET_BY_THE_SERVICE: &str = "leave it out: the service sets this itself";
const NOT_SUPPORTED: &str = "it is not supported";
const OLD_TLS: &str = "leave it out: the service uses TLS 1.2 or newer";
const VERIFY: &str = "write sslmode=verify-full and sslrootcert";

/// Parameters that libpq and other clients support and sqlx does not, with advice for each.
const UNSUPPORTED: [(&str, &str); 49] = [
    (
        "ssl",
        "write sslmode=require, or better sslmode=verify-full",
    ),
    ("ssl_mode", "write sslmode"),
    (
        "tls",
        "write sslmode=require, or better sslmode=verify-full",
    ),
    (
        "requiressl",
        "write sslmode=require, or better sslmode=verify-full",
    ),
    ("sslfactory", VERIFY),
    ("sslrootcertfile", "write sslrootcert"),
    (
        "sslpassword",
        "write the key without a password, in a file that only the service can read",
    ),
    (
        "sslcertmode",
        "leave it out: the service sends a certificate if sslcert names one",
    ),
    (
        "sslnegotiation",
        "leave it out: the service always negotiates TLS inside the PostgreSQL protocol",
    ),
    ("sslcompression", LEAVE_OUT),
    ("sslcrl", NOT_SUPPORTED),
    ("sslcrldir", NOT_SUPPORTED),
    ("sslsni", "leave it out: the service always sends the name"),
    ("sslkeylogfile", NOT_SUPPORTED),
    ("ssl_min_protocol_version", OLD_TLS),
    ("ssl_max_protocol_version", OLD_TLS),
    ("min_protocol_version", LEAVE_OUT),
    ("max_protocol_version", LEAVE_OUT),
    ("channel_binding", VERIFY),
    ("require_auth", VERIFY),
    ("requirepeer", NOT_SUPPORTED),
    ("scram_client_key", "use the setting database.password_file"),
    ("scram_server_key", "use the setting database.password_file"),
    ("passfile", "use the setting database.password_file"),
    ("pass", "use the setting database.password_file"),
    ("passwd", "use the setting database.password_file"),
    ("pwd", "use the setting database.password_file"),
    ("username", "write user"),
    ("database", "write dbname"),
    (
        "connect_timeout",
        "use the setting database.connect_timeout",
    ),
    ("connecttimeout", "use the setting database.connect_timeout"),
    ("pool_size", "use the setting database.max_connections"),
    (
        "max_connections",
        "use the setting database.max_connections",
    ),
    (
        "client_encoding",
        "leave it out: the encoding is always UTF8",
    ),
    ("fallback_application_name", "write application_name"),
    (
        "target_session_attrs",
        "leave it out: the service accepts only a primary",
    ),
    (
        "load_balance_hosts",
        "leave it out: the service supports only one host",
    ),
    ("replication", LEAVE_OUT),
    ("keepalives", SET_BY_THE_SERVICE),
    ("keepalives_idle", SET_BY_THE_SERVICE),
    ("keepalives_interval", SET_BY_THE_SERVICE),
    ("keepalives_count", SET_BY_THE_SERVICE),
    ("tcp_user_timeout", SET_BY_THE_SERVICE),
    ("gssencmode", "leave it out: GSSAPI is not supported"),
    ("gssdelegation", "leave it out: GSSAPI is not supported"),
    ("gsslib", "leave it out: GSSAPI is not supported"),
    ("krbsrvname", "leave it out: GSSAPI is not supported"),
    (
        "service",
        "write the host, the database and the user in the URL",
    ),
    (
        "servicefile",
        "write the host, the database and the user in the URL",
    ),
];

/// The environment variable for `sslmode`. sqlx reads it too, and ignores an unknown value.
const SSL_MODE_VARIABLE: &str = "PGSSLMODE";

const APPLICATION_NAME: &str = "models-api";

/// Parses a URL into options. Fails if any part of it would be ignored.
pub(crate) fn parse(url: &str) -> Result<PgConnectOptions, OpenError> {
    refuse_raw_separators(url)?;
    check_parameters(url)?;
    if let Ok(mode) = std::env::var(SSL_MODE_VARIABLE)
        && mode.parse::<PgSslMode>().is_err()
    {
        return Err(OpenError::SslModeVariable);
    }
    let options = PgConnectOptions::from_str(url).map_err(OpenError::Url)?;
    Ok(match options.get_application_name() {
        Some(_) => options,
        None => options.application_name(APPLICATION_NAME),
    })
}

/// A raw `/` or `@` in the password turns a part of it into the host, which messages show. A raw
/// `#` hides everything after it.
fn refuse_raw_separators(url: &str) -> Result<(), OpenError> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let after_slash = rest.split_once('/').map_or("", |(_, path)| path);
    if rest.matches('@').count() > 1 || after_slash.contains('@') || url.contains('#') {
        return Err(OpenError::RawSeparator);
    }
    Ok(())
}

fn check_parameters(url: &str) -> Result<(), OpenError> {
    let Some((before, query)) = url.split_once('?') else {
        return Ok(());
    };
    let mut seen = HashSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let mut parsed = url::form_urlencoded::parse(pair.as_bytes());
        let name = parsed
            .next()
            .map_or_else(String::new, |(name, _)| name.into_owned());
        let Some(known) = known(&name) else {
            // The password contains a raw `?`; the text after it must not be shown.
            let authority = before.split_once("://").map_or("", |(_, rest)| rest);
            if !authority.contains('@') && query.contains('@') {
                return Err(OpenError::RawSeparator);
            }
            return Err(unknown(&name, pair.contains('=')));
        };
        if known != "options" && !seen.insert(known) {
            return Err(OpenError::RepeatedParameter(known));
        }
    }
    Ok(())
}

/// The parameter that sqlx recognises under this name.
fn known(name: &str) -> Option<&'static str> {
    if name.starts_with("options[") && name.ends_with(']') {
        return Some("options");
    }
    let known = KNOWN.into_iter().find(|known| *known == name);
    let also = || ALSO_KNOWN.into_iter().find(|(also, _)| *also == name);
    known.or_else(|| also().map(|(_, known)| known))
}

fn unknown(name: &str, has_value: bool) -> OpenError {
    let lower = name.to_ascii_lowercase();
    let unsupported = UNSUPPORTED.into_iter().find(|(other, _)| *other == lower);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    // Text that is not a name may be a part of a password.
    let is_name = name.len() <= 32 && name.bytes().all(is_word);
    let shown = if unsupported.is_some() || (is_name && has_value) {
        format!("`{name}`")
    } else {
        "a parameter without a name or a value".to_owned()
    };
    let instead = match unsupported {
        Some((_, instead)) => instead.to_owned(),
        None => match KNOWN.into_iter().find(|known| is_near(known, &lower)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the parameters are {}", KNOWN.join(", ")),
        },
    };
    OpenError::Parameter { shown, instead }
}

/// Whether the name is a misspelling of the known one: `sslMode`, `sslmod`, `ssl-mode_`.
fn is_near(known: &str, lower: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let (known, given) = (letters(known), letters(lower));
    let (longer, shorter) = if known.len() >= given.len() {
        (&known, &given)
    } else {
        (&given, &known)
    };
    if longer == shorter {
        return true;
    }
    // The names differ by one letter that is missing, extra or wrong.
    let same = longer
        .bytes()
        .zip(shorter.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = longer.get(same + 1..).unwrap_or("");
    shorter.len() >= 4
        && (shorter.get(same..) == Some(rest) || shorter.get(same + 1..) == Some(rest))
}

#[cfg(test)]
mod tests;
