//! `key create|list|revoke`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use models_core::{
    ApiKey, ApiKeyId, Entered, ListedApiKey, Name, RepositoryError, Role, Secret, Slug, Timestamp,
};
use models_node::use_cases::keys::{self, InvalidLifetime, KeyName, NewKey, SHORTEST_SECRET};
use serde::Serialize;

use super::catalog::{find_organization, find_owner, origin};
use super::random::new_secret;
use super::terminal::refusal::KEY_ID;
use super::terminal::{Failure, Output, print_once, secret_file, shown};
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a key and print it once.
    Create(Create),
    /// List keys, without their secrets.
    #[command(after_help = "Example:\n  models-api key list --organization acme")]
    List {
        /// List only the keys of this organization.
        #[arg(long, value_name = "SLUG")]
        organization: Option<Slug>,
    },
    /// Revoke a key permanently.
    Revoke(Revoke),
}

const REVOKE_EXAMPLES: &str = "Examples:
  models-api key revoke key_01a206232c3a70f9b6190ea2273fb388
  models-api key revoke --secret-file leaked-key
  models-api key revoke --secret-file -    # type or paste the secret, then Enter and Ctrl-D

Never give the secret as an argument: other users and the shell's history can read it there.";

#[derive(clap::Args)]
#[command(after_help = REVOKE_EXAMPLES)]
#[group(required = true, multiple = false)]
pub(super) struct Revoke {
    /// The key's id, `key_…`; `models-api key list` shows all ids.
    #[arg(value_name = KEY_ID)]
    id: Option<ApiKeyId>,
    /// Revoke the key whose secret is in this file (`-` for standard input).
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

const CREATE_EXAMPLES: &str = "Examples:
  models-api key create --organization acme --role reader --name gateway
  models-api key create --organization acme --role owner --name pipeline --expires-in 90days
  models-api key create --organization acme --role reader --name moved --secret-file existing-key";

#[derive(clap::Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(super) struct Create {
    /// The organization that the key belongs to.
    #[arg(long, value_name = "SLUG")]
    organization: Slug,
    /// The key's role: `reader` and `writer` list and retrieve models, `owner` also deletes them.
    #[arg(long)]
    role: Role,
    /// The key's display name.
    #[arg(long)]
    name: Entered<Name>,
    /// The key's lifetime, such as `90days` or `12h`; without this option the key does not expire.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    /// Take an existing secret from this file (`-` for standard input) instead of generating one. The command does
    /// not print it.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Accept a secret of fewer than 20 characters.
    #[arg(long, requires = "secret_file")]
    allow_weak: bool,
}

/// A created key with its secret. No other output has the secret.
#[derive(Serialize)]
struct CreatedKey<'a> {
    /// Absent if the operator supplied the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(flatten)]
    key: &'a ApiKey,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(super) fn changes(&self) -> bool {
        !matches!(self, Self::List { .. })
    }
}

pub(super) async fn run(command: Command, store: &Store, output: Output) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run(store, output).await,
        Command::List { organization } => list(organization.as_ref(), store, output).await,
        Command::Revoke(revoke) => revoke.run(store, output).await,
    }
}

impl Create {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let origin = origin();
        let organization = find_organization(store, &self.organization).await?;
        let expires_at = self
            .expires_in
            .map(|lifetime| keys::expiry(origin.at, lifetime))
            .transpose()
            .map_err(lifetime_text)?;
        let secret = match &self.secret_file {
            None => new_secret()?,
            Some(path) => read_secret(path, self.allow_weak)?,
        };
        let new = NewKey {
            name: self.name,
            role: self.role,
            expires_at,
        };
        let created = keys::create(&*store.api_keys, &organization, &secret, new, origin).await;
        let key = match created {
            Ok(key) => key,
            Err(RepositoryError::AlreadyExists) => {
                return Err("a key with this secret already exists".into());
            }
            Err(error) => return Err(error.into()),
        };
        let printed_secret = self.secret_file.is_none().then(|| secret.expose());
        let text = if output.json {
            serde_json::to_string(&CreatedKey {
                value: printed_secret,
                key: &key,
            })?
        } else {
            created_text(&key, printed_secret)
        };
        print_once(&text).map_err(|error| {
            let id = &key.id;
            format!("the key {id} was created but could not be printed: {error}; revoke it with `models-api key revoke {id}`")
        })?;
        Ok(())
    }
}

fn created_text(key: &ApiKey, secret: Option<&str>) -> String {
    let ApiKey {
        id,
        role,
        organization_slug,
        ..
    } = key;
    let created = format!("Created the {role} key {id} of `{organization_slug}`.");
    match secret {
        Some(secret) => format!("{created} It is shown only this once:\n{secret}"),
        None => created,
    }
}

fn lifetime_text(invalid: InvalidLifetime) -> &'static str {
    match invalid {
        InvalidLifetime::TooShort => "--expires-in must be at least a second",
        InvalidLifetime::TooLong => "--expires-in must end before 7 February 2106",
    }
}

/// Reads the operator's secret from a file. `Entered` refuses invisible characters.
fn read_secret(path: &Path, allow_weak: bool) -> Result<Secret, Failure> {
    let path_shown = shown(path);
    let secret: Entered<Secret> = secret_file::read(path)?
        .parse()
        .map_err(|error| format!("{path_shown}: {error}"))?;
    let secret = secret.into_inner();
    if keys::can_be_guessed(&secret) && !allow_weak {
        return Err(format!(
            "{path_shown}: a key of fewer than {SHORTEST_SECRET} characters can be guessed; --allow-weak accepts it"
        )
        .into());
    }
    Ok(secret)
}

async fn list(organization: Option<&Slug>, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_owner(store, organization).await?;
    let keys = store
        .api_keys
        .list(organization.as_ref().map(|organization| &organization.id))
        .await?;
    let time =
        |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    output.list(
        [
            "id",
            "organization",
            "role",
            "name",
            "value",
            "created",
            "last used",
            "expires",
            "revoked",
        ],
        &keys,
        |ListedApiKey { key, last_used_at }| {
            [
                key.id.to_string(),
                key.organization_slug.to_string(),
                key.role.to_string(),
                key.name.to_string(),
                key.redacted_value.clone(),
                key.created_at.to_string(),
                time(*last_used_at),
                time(key.expires_at),
                time(key.revoked_at),
            ]
        },
    )
}

impl Revoke {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (name, missing) = match (self.id, &self.secret_file) {
            (Some(id), _) => {
                let missing = format!("there is no key `{id}`");
                (KeyName::Id(id), missing)
            }
            (None, Some(path)) => {
                let shown = shown(path);
                let secret = Secret::parse(&secret_file::read(path)?)
                    .map_err(|error| format!("{shown}: {error}"))?;
                let missing = format!("{shown}: there is no key with this secret");
                (KeyName::Secret(secret), missing)
            }
            (None, None) => return Err("name the key's id or a file with its secret".into()),
        };
        let revoked = keys::revoke(&*store.api_keys, &name, origin()).await?;
        let key = revoked.ok_or_else(|| format!("{missing}; `models-api key list` shows all"))?;
        output.object(&key, || {
            format!("Revoked the key {} of `{}`.", key.id, key.organization_slug)
        })
    }
}
