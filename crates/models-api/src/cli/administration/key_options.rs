//! The options of new keys, and the output of a created key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use models_core::{Entered, Scopes, Secret, Timestamp};
use models_node::use_cases::keys::{self, InvalidLifetime, SHORTEST_SECRET};
use serde::Serialize;

use crate::cli::terminal::{Failure, Output, secret_file, shown};

/// The options of new keys.
#[derive(Args)]
pub(super) struct KeyOptions {
    /// The key's lifetime, such as `90days` or `12h`; without this option the key does not expire.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    pub(super) secret: SecretOptions,
}

impl KeyOptions {
    /// The time of expiry of a key that is created at this time.
    pub(super) fn expires_at(&self, at: Timestamp) -> Result<Option<Timestamp>, Failure> {
        self.expires_in
            .map(|lifetime| expiry(at, lifetime))
            .transpose()
    }
}

/// The option that selects the keys of a list by their expiry.
#[derive(Args)]
pub(in crate::cli) struct ExpiryFilter {
    /// List only valid keys that expire within this time, such as `14days`.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_within: Option<Duration>,
}

impl ExpiryFilter {
    /// Whether the list has a key with these times. Without the option, it has every key.
    pub(super) fn selects(
        &self,
        now: Timestamp,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    ) -> bool {
        let Some(within) = self.expires_within else {
            return true;
        };
        let last = now.checked_add(within);
        revoked_at.is_none()
            && expires_at.is_some_and(|at| now < at && last.is_none_or(|last| at <= last))
    }
}

/// The options that supply the secret of a new key.
#[derive(Args)]
pub(super) struct SecretOptions {
    /// Take an existing secret from this file (`-` for standard input) instead of generating one. The command does
    /// not print it.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Accept a secret of fewer than 20 characters.
    #[arg(long, requires = "secret_file")]
    allow_weak: bool,
}

impl SecretOptions {
    /// Reads the secret from the operator's file, or generates one.
    pub(super) fn read(
        &self,
        generate: impl FnOnce() -> Result<Secret, getrandom::Error>,
    ) -> Result<Secret, Failure> {
        match &self.secret_file {
            None => Ok(generate()?),
            Some(path) => read_secret(path, self.allow_weak),
        }
    }

    /// The secret to print: the generated one, but not one that the operator supplied.
    pub(super) fn printed<'s>(&self, secret: &'s Secret) -> Option<&'s str> {
        self.secret_file.is_none().then(|| secret.expose())
    }
}

/// The time of expiry after the lifetime that `--expires-in` gives.
pub(super) fn expiry(at: Timestamp, lifetime: Duration) -> Result<Timestamp, Failure> {
    expiry_of("--expires-in", at, lifetime)
}

/// The time of expiry after the lifetime that the option or field of this name gives.
pub(super) fn expiry_of(
    name: &str,
    at: Timestamp,
    lifetime: Duration,
) -> Result<Timestamp, Failure> {
    keys::expiry(at, lifetime).map_err(|invalid| {
        let must = match invalid {
            InvalidLifetime::TooShort => "be at least a second",
            InvalidLifetime::TooLong => "end before 7 February 2106",
        };
        format!("{name} must {must}").into()
    })
}

/// Reads the operator's secret from a file. `Entered` refuses invisible characters.
fn read_secret(path: &Path, allow_weak: bool) -> Result<Secret, Failure> {
    let path_shown = shown(path);
    let secret: Entered<Secret> = secret_file::read(path)?
        .parse()
        .map_err(|error| format!("{path_shown}: {error}"))?;
    let secret = secret.into_inner();
    check_strength(&secret, allow_weak)
        .map_err(|reason| format!("{path_shown}: {reason}; --allow-weak accepts it"))?;
    Ok(secret)
}

/// Refuses a secret that can be guessed, unless the operator accepts it.
pub(super) fn check_strength(secret: &Secret, allow_weak: bool) -> Result<(), String> {
    if keys::can_be_guessed(secret) && !allow_weak {
        return Err(format!(
            "a key of fewer than {SHORTEST_SECRET} characters can be guessed"
        ));
    }
    Ok(())
}

/// The scopes of a key. No scope restricts nothing.
pub(super) fn scopes(scopes: &[String]) -> Result<Option<Scopes>, Failure> {
    Ok(Scopes::new(scopes.to_vec())?)
}

/// The scopes as text for people.
pub(super) fn scopes_text(scopes: Option<&Scopes>) -> String {
    scopes.map_or_else(
        || "all".to_owned(),
        |scopes| scopes.iter().collect::<Vec<_>>().join(", "),
    )
}

/// A created key with its secret. No other output has the secret.
#[derive(Serialize)]
pub(super) struct CreatedKey<'a, K> {
    /// Absent if the operator supplied the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<&'a str>,
    #[serde(flatten)]
    pub(super) key: K,
}

/// Prints a created key. `text` is the sentence about the creation, and `revoke` is the command that revokes the key.
pub(super) fn print_created<K: Serialize>(
    created: &CreatedKey<'_, K>,
    id: &str,
    text: &str,
    revoke: &str,
    output: Output,
) -> Result<(), Failure> {
    let printed = output.object_once(created, || match created.value {
        Some(secret) => format!("{text} It is shown only this once:\n{secret}"),
        None => text.to_owned(),
    });
    printed.map_err(|error| {
        format!(
            "the key {id} was created but could not be printed: {error}; revoke it with `{revoke}`"
        )
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_key_that_expires_within_the_time_is_selected() {
        let at = Timestamp::from_seconds;
        let filter = |seconds: Option<u64>| ExpiryFilter {
            expires_within: seconds.map(Duration::from_secs),
        };
        for (seconds, expires_at, revoked_at, expected) in [
            (Some(10), Some(20), None, true),
            (Some(10), Some(21), None, false),
            (Some(10), Some(11), None, true),
            (Some(10), Some(10), None, false),
            (Some(10), None, None, false),
            (Some(10), Some(20), Some(5), false),
            (Some(u64::MAX), Some(u32::MAX), None, true),
            (None, None, None, true),
            (None, Some(5), Some(5), true),
        ] {
            let selected = filter(seconds).selects(at(10), expires_at.map(at), revoked_at.map(at));
            assert_eq!(
                selected, expected,
                "{seconds:?} {expires_at:?} {revoked_at:?}"
            );
        }
    }
}
