//! Where settings come from: the embedded defaults, then `config/{environment}.toml`, then
//! `MODELS__SECTION__KEY` variables; the last one wins. Nothing else in the program reads the
//! environment.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat, Map, Value, ValueKind};

use serde::Serialize;

use super::{Settings, secrets};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");
const PREFIX: &str = "MODELS__";
const ENVIRONMENT: &str = "MODELS_ENVIRONMENT";
const URL: &str = "database.url";
const DEVELOPMENT: &str = "development";
const DIRECTORY: &str = "MODELS_CONFIG_DIRECTORY";

/// Why the settings cannot be used, in a sentence that names the one at fault.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The environment was named, but there is no file for it.
    #[error("there is no file {} for the environment that {ENVIRONMENT} names", .0.display())]
    NoFile(PathBuf),
    /// The directory for the files was named, but is none.
    #[error("{} is not a directory, and {DIRECTORY} names it", .0.display())]
    NoDirectory(PathBuf),
    /// A name that no setting has.
    #[error("there is no setting `{key}` ({place}); the settings are {known}")]
    Unknown {
        /// The name.
        key: String,
        /// Where it stands.
        place: String,
        /// Those that there are.
        known: String,
    },
    /// A variable that is almost that of a setting.
    #[error(
        "the variable {0} is none of a setting's; two underscores stand where the setting has a dot: {1}"
    )]
    Misspelt(String, String),
    /// A variable whose text cannot be read.
    #[error("the variable {0} is not UTF-8")]
    NotUtf8(String),
    /// A value that the setting cannot have.
    #[error(
        "the setting `{key}` (variable {}) cannot be used: {reason}",
        variable(key)
    )]
    Value {
        /// The setting.
        key: String,
        /// What is wrong, and where the value comes from.
        reason: String,
    },
    /// A file that is not TOML, or cannot be read.
    #[error("the settings cannot be read: {}", without_source(.0))]
    Unreadable(ConfigError),
}

/// A setting as it is, and where that comes from.
#[derive(Debug, Serialize)]
pub struct SettingValue {
    /// Its name, such as `server.port`.
    pub key: String,
    /// Its value, as text. Of a database's URL, without the password.
    pub value: String,
    /// The default, a file, or a variable.
    pub source: String,
}

/// Everything that the settings come from.
struct Sources {
    config: Config,
    /// The environment's file, and the settings that are in it.
    file: Option<(PathBuf, Vec<String>)>,
    variables: Map<String, String>,
    is_development: bool,
}

impl Settings {
    /// The settings of this process.
    pub fn load() -> Result<Self, SettingsError> {
        Self::load_from(&variables()?)
    }

    /// The settings that a process with these variables would have.
    pub fn load_from(variables: &HashMap<String, String>) -> Result<Self, SettingsError> {
        Sources::of(variables)?.settings()
    }

    /// The settings of this process, one by one, if they can be used.
    pub fn explain() -> Result<Vec<SettingValue>, SettingsError> {
        let sources = Sources::of(&variables()?)?;
        let settings = sources.settings()?;
        sources.explain(&settings)
    }
}

/// Those variables of this process that could be ours.
fn variables() -> Result<HashMap<String, String>, SettingsError> {
    let ours =
        std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"MODELS_"));
    let text = |(name, value): (OsString, OsString)| match (name.into_string(), value.into_string())
    {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(_)) => Err(SettingsError::NotUtf8(name)),
        (Err(name), _) => Err(SettingsError::NotUtf8(name.to_string_lossy().into_owned())),
    };
    ours.map(text).collect()
}

impl Sources {
    fn of(variables: &HashMap<String, String>) -> Result<Self, SettingsError> {
        let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
        let known = keys_of(
            &Config::builder()
                .add_source(defaults.clone())
                .build()
                .map_err(refuse)?,
        );
        let mut config = Config::builder().add_source(defaults);
        let mut found = None;
        if let Some(path) = environment_file(variables)? {
            let file = File::from(path.clone()).format(FileFormat::Toml);
            let keys = keys_of(
                &Config::builder()
                    .add_source(file.clone())
                    .build()
                    .map_err(refuse)?,
            );
            check(
                &known,
                keys.iter()
                    .cloned()
                    .map(|key| (key, format!("in {}", path.display()))),
            )?;
            config = config.add_source(file);
            found = Some((path, keys));
        }
        refuse_misspelt(&known, variables)?;
        let ours: Map<String, String> = variables
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        check(
            &known,
            ours.keys()
                .map(|name| (key(name), format!("variable {name}"))),
        )?;
        let environment = Environment::with_prefix("MODELS")
            .prefix_separator("__")
            .separator("__")
            .source(Some(ours.clone()));
        let config = config.add_source(environment).build().map_err(refuse)?;
        Ok(Self {
            config,
            file: found,
            variables: ours,
            is_development: named(variables).is_none_or(|name| name == DEVELOPMENT),
        })
    }

    fn settings(&self) -> Result<Settings, SettingsError> {
        let mut settings: Settings = self.config.clone().try_deserialize().map_err(refuse)?;
        let refused = |(key, reason): (&str, String)| SettingsError::Value {
            key: key.to_owned(),
            reason,
        };
        let file = self
            .file
            .as_ref()
            .filter(|(_, keys)| keys.iter().any(|key| key == URL))
            // What a variable brings is not in the file.
            .filter(|_| !self.variables.contains_key(&variable(URL)))
            .map(|(path, _)| path.as_path());
        secrets::resolve(&mut settings.database, self.is_development, file).map_err(refused)?;
        let (time, lease) = (settings.limits.request_timeout, settings.consistency.lease);
        if time <= lease {
            let reason = format!(
                "it must be more than `consistency.lease`, which is {} s: a deletion may have to wait for so long",
                lease.as_secs()
            );
            return Err(refused(("limits.request_timeout", reason)));
        }
        Ok(settings)
    }

    fn explain(&self, settings: &Settings) -> Result<Vec<SettingValue>, SettingsError> {
        let explain = |key: String| {
            let name = variable(&key);
            let source = if self.variables.contains_key(&name) {
                format!("variable {name}")
            } else {
                match &self.file {
                    Some((path, keys)) if keys.contains(&key) => path.display().to_string(),
                    _ => "default".to_owned(),
                }
            };
            let value = match key.as_str() {
                URL => settings.database.url.masked(),
                _ => self.config.get_string(&key).map_err(refuse)?,
            };
            Ok(SettingValue { key, value, source })
        };
        keys_of(&self.config).into_iter().map(explain).collect()
    }
}

/// The environment that is named.
fn named(variables: &HashMap<String, String>) -> Option<&String> {
    variables.get(ENVIRONMENT).filter(|name| !name.is_empty())
}

/// The file of the environment. One that is not named may have none.
fn environment_file(variables: &HashMap<String, String>) -> Result<Option<PathBuf>, SettingsError> {
    let directory = variables
        .get(DIRECTORY)
        .map_or(Path::new("config"), Path::new);
    let named = named(variables);
    if variables.contains_key(DIRECTORY) && !directory.is_dir() {
        return Err(SettingsError::NoDirectory(directory.to_owned()));
    }
    let path = directory.join(format!(
        "{}.toml",
        named.map_or(DEVELOPMENT, String::as_str)
    ));
    match path.is_file() {
        true => Ok(Some(path)),
        false if named.is_some() => Err(SettingsError::NoFile(path)),
        false => Ok(None),
    }
}

fn check(
    known: &[String],
    keys: impl Iterator<Item = (String, String)>,
) -> Result<(), SettingsError> {
    for (key, place) in keys {
        if !known.contains(&key) {
            return Err(SettingsError::Unknown {
                key,
                place,
                known: known.join(", "),
            });
        }
    }
    Ok(())
}

/// `MODELS_SERVER_PORT` sets nothing, and whoever wrote it would not notice.
fn refuse_misspelt(
    known: &[String],
    variables: &HashMap<String, String>,
) -> Result<(), SettingsError> {
    for key in known {
        let misspelt = variable(key).replace("__", "_");
        if variables.contains_key(&misspelt) {
            return Err(SettingsError::Misspelt(misspelt, variable(key)));
        }
    }
    Ok(())
}

/// The names of all values, as `section.key`, in order.
fn keys_of(config: &Config) -> Vec<String> {
    fn collect(prefix: &str, value: &Value, keys: &mut Vec<String>) {
        if let ValueKind::Table(table) = &value.kind {
            for (name, value) in table {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                collect(&key, value, keys);
            }
        } else {
            keys.push(prefix.to_owned());
        }
    }
    let mut keys = Vec::new();
    collect("", &config.cache, &mut keys);
    keys.sort();
    keys
}

/// The setting that a variable sets.
fn key(variable: &str) -> String {
    variable
        .trim_start_matches(PREFIX)
        .to_lowercase()
        .replace("__", ".")
}

/// The variable that sets a setting.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

fn refuse(error: ConfigError) -> SettingsError {
    let (ConfigError::Type { key, .. } | ConfigError::At { key, .. }) = &error else {
        return SettingsError::Unreadable(error);
    };
    match key.clone() {
        Some(key) => {
            let reason = error.to_string().replace(&format!(" for key `{key}`"), "");
            SettingsError::Value { key, reason }
        }
        None => SettingsError::Unreadable(error),
    }
}

/// What is wrong and where, without the line of the file: a password may stand in it.
fn without_source(error: &ConfigError) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains(" | ") && !line.trim_end().ends_with('|'))
        .collect();
    lines.join(": ")
}

#[cfg(test)]
mod tests;
