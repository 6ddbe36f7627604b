//! `key rotate`.

use std::time::Duration;

use clap::Args;
use models_core::{ApiKey, ApiKeyId, Timestamp};
use models_node::use_cases::rotation;
use serde::Serialize;

use super::super::key_options::{CreatedKey, SecretOptions, expiry, print_created};
use super::super::refusal::{created, done};
use super::find::find_key;
use crate::cli::catalog::origin;
use crate::cli::missing;
use crate::cli::terminal::refusal::KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::random::new_secret;
use crate::store::Store;

const EXAMPLES: &str = "Examples:
  models-api key rotate key_01a206232c3a70f9b6190ea2273fb388
  models-api key rotate key_01a206232c3a70f9b6190ea2273fb388 --grace 0s --quiet";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Rotate {
    /// The id of the key to replace, `key_…`; `models-api key list` shows all ids.
    #[arg(value_name = KEY_ID)]
    id: ApiKeyId,
    /// The time for which the replaced key stays valid, such as `24h` or `0s`.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
    grace: Duration,
    /// The new key's lifetime, such as `90days` or `12h`; without this option it is that of the replaced key.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    secret: SecretOptions,
}

/// The new key, and the id and the expiry of the replaced one.
#[derive(Serialize)]
struct RotatedKey<'a> {
    #[serde(flatten)]
    key: &'a ApiKey,
    replaces: &'a ApiKeyId,
    replaced_expires_at: Timestamp,
}

impl Rotate {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let origin = origin();
        let replaced = find_key(store, &self.id).await?.key;
        let id = &replaced.id;
        let end = rotation::end(&replaced, self.grace, origin.at)
            .ok_or("--grace must end before 7 February 2106")?;
        let secret = self.secret.read(new_secret)?;
        let lifetime = self.expires_in.or_else(|| rotation::lifetime(&replaced));
        // A key that cannot be replaced is refused below. Its lifetime may have been none.
        let lifetime = lifetime.filter(|_| rotation::can_be_replaced(&replaced, origin.at));
        let expires_at = lifetime
            .map(|lifetime| expiry(origin.at, lifetime))
            .transpose()?;
        let outcome = rotation::replace(
            &*store.api_keys,
            &replaced,
            &secret,
            expires_at,
            origin.clone(),
        )
        .await;
        let key = created(
            outcome,
            || "a key with this secret already exists".to_owned(),
            || missing::key(id),
        )?;
        let rotated = RotatedKey {
            key: &key,
            replaces: id,
            replaced_expires_at: end,
        };
        let value = self.secret.printed(&secret);
        let text = format!(
            "Created the {} key {} of `{}` in place of {id}, which expires at {end}.",
            key.role, key.id, key.organization_slug
        );
        let revoke = format!("models-api key revoke {}", key.id);
        // Printed first: if the other key cannot be changed, the operator has the secret of the new one.
        let created = CreatedKey {
            value,
            key: rotated,
        };
        print_created(&created, key.id.as_str(), &text, &revoke, output)?;
        let expired = rotation::expire(&*store.api_keys, &replaced, end, origin).await;
        done(expired, || missing::key(id)).map_err(|error| {
            format!(
                "the key {} was created, but the expiry of {id} could not be set: {error}",
                key.id
            )
        })?;
        Ok(())
    }
}
