//! `key create --from`.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use models_core::{
    AdministrationRefusal, ApiKey, ApiKeyId, Entered, InsertionRefusal, Name, ProjectId, Role,
    Scopes, Secret, Slug, Timestamp,
};
use models_node::use_cases::keys::{self, NewOwnedKey};
use models_node::use_cases::service_accounts::NewKey;
use serde::Deserialize;
use serde_json::error::Category;

use super::super::key_options::{CreatedKey, check_strength, expiry_of};
use super::super::project_options::ProjectOptions;
use super::new::created_text;
use crate::cli::catalog::origin;
use crate::cli::terminal::{Failure, Output, open_input, shown};
use crate::random::new_secret;
use crate::store::Store;

/// The most keys of a file. All other changes wait while the keys are inserted.
const MOST_KEYS: usize = 200;

/// The longest file, in bytes.
const LONGEST: u64 = 4 << 20;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    organization: Option<String>,
    project: Option<String>,
    role: String,
    name: String,
    id: Option<String>,
    scopes: Option<Vec<String>>,
    expires_in: Option<String>,
    secret: Option<String>,
    #[serde(default)]
    allow_weak: bool,
}

/// A key to create, with the number of its line.
struct Entry {
    line: usize,
    key: NewOwnedKey,
    /// Whether the file holds the secret. The command does not print it then.
    is_own_secret: bool,
}

/// Creates all keys of the file, or none of them.
pub(super) async fn create_all(path: &Path, store: &Store, output: Output) -> Result<(), Failure> {
    let text = read(path)?;
    let place = |line: usize| format!("{}: line {line}", shown(path));
    let origin = origin();
    let (mut entries, mut ids, mut secrets) = (vec![], HashSet::new(), HashSet::new());
    let lines = text.lines().enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = number + 1;
        let entry = entry(line_number, line, origin.at, store).await;
        let entry = entry.map_err(|error| format!("{}: {error}", place(line_number)))?;
        if entry.key.new.id.iter().any(|id| !ids.insert(id.clone())) {
            return Err(format!("{}: another line has the same id", place(line_number)).into());
        }
        if !secrets.insert(entry.key.secret.digest().to_hex()) {
            return Err(format!("{}: another line has the same secret", place(line_number)).into());
        }
        entries.push(entry);
        if entries.len() > MOST_KEYS {
            return Err(format!(
                "{}: more than {MOST_KEYS} keys; split the file",
                shown(path)
            )
            .into());
        }
    }
    if entries.is_empty() {
        return Err(format!("{}: there is no key in it", shown(path)).into());
    }
    let accounts = &*store.service_accounts;
    let new = entries.iter().map(|entry| &entry.key);
    let created = keys::create_all(accounts, new, origin).await?;
    let created = created.map_err(|(number, refusal)| {
        let line = entries.get(number).map_or(0, |entry| entry.line);
        format!("{}: {}", place(line), refused(refusal))
    })?;
    print_all(&entries, &created, output)
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let mut input = open_input(path)?.take(LONGEST + 1);
    input
        .read_to_string(&mut text)
        .map_err(|error| format!("{}: {error}", shown(path)))?;
    if text.len() as u64 > LONGEST {
        return Err(format!(
            "{}: a file with keys must not be longer than 4 MiB",
            shown(path)
        )
        .into());
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Reads a line, and finds its project.
async fn entry(number: usize, text: &str, now: Timestamp, store: &Store) -> Result<Entry, Failure> {
    let line: Line = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    let slug = line.organization.map(Slug::try_from).transpose()?;
    let project = line.project.map(ProjectId::try_from).transpose()?;
    if slug.is_none() && project.is_none() {
        return Err("name the `organization` or the `project`".into());
    }
    let role: Role = line.role.parse()?;
    let name: Entered<Name> = line.name.parse()?;
    let scopes = line.scopes.map(Scopes::new).transpose()?.flatten();
    let expires_at = match line.expires_in {
        None => None,
        Some(text) => {
            let lifetime = humantime::parse_duration(&text);
            let lifetime =
                lifetime.map_err(|error| format!("`expires_in` is no duration: {error}"))?;
            Some(expiry_of("`expires_in`", now, lifetime)?)
        }
    };
    let is_own_secret = line.secret.is_some();
    let secret = match line.secret {
        None => new_secret()?,
        Some(text) => {
            let secret: Entered<Secret> = text.parse()?;
            let secret = secret.into_inner();
            check_strength(&secret, line.allow_weak)
                .map_err(|reason| format!("{reason}; `\"allow_weak\": true` accepts it"))?;
            secret
        }
    };
    let new = NewKey {
        id: line.id.map(ApiKeyId::try_from).transpose()?,
        name,
        role,
        scopes,
        expires_at,
    };
    let owner = ProjectOptions::new(slug, project).find_owner(store).await?;
    Ok(Entry {
        line: number,
        key: NewOwnedKey { owner, new, secret },
        is_own_secret,
    })
}

/// serde's own messages about fields name the fields. Its other messages can hold a value, which may
/// be the secret.
fn unreadable(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_a_field = ["missing field", "unknown field", "duplicate field"]
        .iter()
        .any(|start| text.starts_with(start));
    let reason = match error.classify() {
        Category::Data if names_a_field => &*text,
        Category::Data => "a value has another type",
        Category::Eof => "the object has no end",
        Category::Syntax | Category::Io => "it is not JSON",
    };
    let column = error.column();
    format!("it is not the JSON object of a key: {reason} (column {column})")
}

fn refused(refusal: InsertionRefusal) -> &'static str {
    match refusal {
        InsertionRefusal::AlreadyExists => {
            "a key with this id, or a key with this secret, exists already or was revoked"
        }
        InsertionRefusal::Refused(AdministrationRefusal::Archived) => {
            "the project is archived, and an archived project cannot be changed"
        }
        InsertionRefusal::Refused(
            AdministrationRefusal::Key(_)
            | AdministrationRefusal::NotFound
            | AdministrationRefusal::DefaultProject
            | AdministrationRefusal::InvalidKey,
        ) => "the project does not exist",
    }
}

fn print_all(entries: &[Entry], created: &[ApiKey], output: Output) -> Result<(), Failure> {
    let objects: Vec<CreatedKey<'_, &ApiKey>> = entries
        .iter()
        .zip(created)
        .map(|(entry, key)| CreatedKey {
            value: (!entry.is_own_secret).then(|| entry.key.secret.expose()),
            key,
        })
        .collect();
    let printed = output.objects_once(&objects, |object| {
        let text = created_text(object.key);
        match object.value {
            Some(secret) => format!("{text} It is shown only this once:\n{secret}"),
            None => text,
        }
    });
    printed.map_err(|error| {
        let ids: Vec<&str> = created.iter().map(|key| key.id.as_str()).collect();
        format!(
            "the keys were created but could not be printed: {error}; revoke each with `models-api key revoke`: {}",
            ids.join(", ")
        )
        .into()
    })
}
