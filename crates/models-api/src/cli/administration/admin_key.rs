//! `admin-key create|list|show|revoke`.

use clap::{Args, Subcommand};
use models_core::{
    AdminApiKey, AdminApiKeyId, Entered, ListedAdminApiKey, Name, OrganizationId, Slug, Timestamp,
};
use models_node::use_cases::admin_keys::{self, NewAdminKey};
use serde::Serialize;

use super::cell;
use super::key_options::{CreatedKey, ExpiryFilter, KeyOptions, print_created};
use super::refusal::{created, done};
use crate::cli::catalog::{find_organization, origin};
use crate::cli::limit::Limit;
use crate::cli::missing;
use crate::cli::terminal::refusal::ADMIN_KEY_ID;
use crate::cli::terminal::{Failure, Output};
use crate::clock::now;
use crate::random::new_admin_secret;
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create an admin key and print it once. It administers its organization over HTTP.
    Create(Create),
    /// List the admin keys of an organization with the creator of each, the oldest first, without their secrets.
    #[command(
        after_help = "Examples:\n  models-api admin-key list --organization acme\n  models-api admin-key list --organization acme --expires-within 14days"
    )]
    List {
        /// The organization.
        #[arg(long, value_name = "SLUG")]
        organization: Slug,
        #[command(flatten)]
        expiry: ExpiryFilter,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one admin key, without its secret.
    #[command(
        after_help = "Example:\n  models-api admin-key show key_01a206232c3a70f9b6190ea2273fb388 --organization acme"
    )]
    Show(Target),
    /// Revoke an admin key permanently. The keys that it created stay valid.
    #[command(
        after_help = "Example:\n  models-api admin-key revoke key_01a206232c3a70f9b6190ea2273fb388 --organization acme"
    )]
    Revoke(Target),
}

const CREATE_EXAMPLES: &str = "Examples:
  models-api admin-key create --organization acme --name platform
  models-api admin-key create --organization acme --name platform --expires-in 90days --quiet
  models-api admin-key create --organization acme --name moved --id key_abc --secret-file existing-key";

#[derive(Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(in crate::cli) struct Create {
    /// The organization that the key administers.
    #[arg(long, value_name = "SLUG")]
    organization: Slug,
    /// The key's display name.
    #[arg(long)]
    name: Entered<Name>,
    /// The id: 1 to 64 letters, digits, `_` and `-`, unique over all organizations. Without this option the command
    /// makes one.
    #[arg(long, value_name = ADMIN_KEY_ID)]
    id: Option<AdminApiKeyId>,
    #[command(flatten)]
    options: KeyOptions,
}

/// The admin key that a command is about.
#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The key's id; `models-api admin-key list` shows all ids.
    #[arg(value_name = ADMIN_KEY_ID)]
    id: AdminApiKeyId,
    /// The organization that the key administers.
    #[arg(long, value_name = "SLUG")]
    organization: Slug,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Create(_) | Self::Revoke(_) => true,
            Self::List { .. } | Self::Show(_) => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::Create(create) => create.run(store, output).await,
        Command::List {
            organization,
            expiry,
            limit,
        } => list(&organization, (&expiry, &limit), store, output).await,
        Command::Show(target) => target.show(store, output).await,
        Command::Revoke(target) => target.revoke(store, output).await,
    }
}

impl Create {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let origin = origin();
        let organization = find_organization(store, &self.organization).await?;
        let secret = self.options.secret.read(new_admin_secret)?;
        let taken = match &self.id {
            Some(id) => format!(
                "an admin key with the id `{id}`, or a key with this secret, exists already or was revoked"
            ),
            None => "a key with this secret already exists".to_owned(),
        };
        let new = NewAdminKey {
            id: self.id,
            name: self.name,
            expires_at: self.options.expires_at(origin.at)?,
        };
        let keys = &*store.admin_api_keys;
        let owner = (&organization.id, &organization.slug);
        let outcome = admin_keys::create(keys, owner, new, &secret, origin).await;
        let slug = &organization.slug;
        let key = created(outcome, || taken, || missing::organization(slug))?;
        let id = &key.id;
        let text = format!("Created the admin key {id} of `{slug}`.");
        let revoke = format!("models-api admin-key revoke {id} --organization {slug}");
        let created = CreatedKey {
            value: self.options.secret.printed(&secret),
            key: AdminKeyObject::from(&key),
        };
        print_created(&created, id.as_str(), &text, &revoke, output)
    }
}

async fn list(
    organization: &Slug,
    (expiry, limit): (&ExpiryFilter, &Limit),
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let id = find_organization(store, organization).await?.id;
    let mut keys = Limit::default()
        .read(async |request| Ok(store.admin_api_keys.list(&id, request).await?))
        .await?;
    let now = now();
    keys.retain(|listed| expiry.selects(now, listed.key.expires_at, listed.key.revoked_at));
    limit.truncate(&mut keys);
    output.list_as(
        [
            "id",
            "name",
            "value",
            "creator",
            "created",
            "last used",
            "expires",
        ],
        &keys,
        ListedAdminKeyObject::from,
        |listed| {
            let key = &listed.key;
            [
                key.id.to_string(),
                key.name.to_string(),
                key.redacted_value.clone(),
                listed.creator.to_string(),
                key.created_at.to_string(),
                cell(listed.last_used_at),
                cell(key.expires_at),
            ]
        },
    )
}

impl Target {
    async fn show(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = find_organization(store, &self.organization).await?;
        let found = store
            .admin_api_keys
            .find(&organization.id, &self.id)
            .await?;
        let listed = found.ok_or_else(|| self.missing())?;
        let key = &listed.key;
        output.object(&ListedAdminKeyObject::from(&listed), || {
            format!(
                "id            {}\norganization  {}\nname          {}\nvalue         {}\ncreator       {}\ncreated       {}\nlast used     {}\nexpires       {}",
                key.id,
                key.organization_slug,
                key.name,
                key.redacted_value,
                listed.creator,
                key.created_at,
                cell(listed.last_used_at),
                cell(key.expires_at)
            )
        })
    }

    async fn revoke(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = find_organization(store, &self.organization).await?;
        let keys = &store.admin_api_keys;
        let revoked = keys.revoke(&organization.id, &self.id, origin()).await;
        let key = done(revoked, || self.missing())?;
        output.object(&AdminKeyObject::from(&key), || {
            format!(
                "Revoked the admin key {} of `{}`.",
                key.id, organization.slug
            )
        })
    }

    /// An operator may type the key itself in place of its id, so the text repeats only ids that the service makes.
    fn missing(&self) -> String {
        let Self { id, organization } = self;
        let which = if id.as_str().starts_with("key_") {
            format!("admin key `{id}`")
        } else {
            "admin key with this id".to_owned()
        };
        format!(
            "the organization `{organization}` has no {which}; `models-api admin-key list --organization {organization}` shows all"
        )
    }
}

/// An admin key in JSON.
#[derive(Serialize)]
struct AdminKeyObject<'a> {
    id: &'a AdminApiKeyId,
    organization_id: &'a OrganizationId,
    organization_slug: &'a Slug,
    name: &'a Name,
    redacted_value: &'a str,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl<'a> From<&'a AdminApiKey> for AdminKeyObject<'a> {
    fn from(key: &'a AdminApiKey) -> Self {
        Self {
            id: &key.id,
            organization_id: &key.organization_id,
            organization_slug: &key.organization_slug,
            name: &key.name,
            redacted_value: &key.redacted_value,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// An admin key with its creator and its last use, in JSON.
#[derive(Serialize)]
struct ListedAdminKeyObject<'a> {
    #[serde(flatten)]
    key: AdminKeyObject<'a>,
    creator: String,
    last_used_at: Option<Timestamp>,
}

impl<'a> From<&'a ListedAdminApiKey> for ListedAdminKeyObject<'a> {
    fn from(listed: &'a ListedAdminApiKey) -> Self {
        Self {
            key: (&listed.key).into(),
            creator: listed.creator.to_string(),
            last_used_at: listed.last_used_at,
        }
    }
}
