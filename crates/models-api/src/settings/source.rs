//! The sources of settings: the embedded defaults, then `config/{environment}.toml`, then `MODELS__SECTION__KEY`
//! variables ([`variables`]). A later source overrides an earlier one. No other module reads the process environment.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat, Map, Value, ValueKind};

use models_core::mask;
use serde::Serialize;

use super::error::SettingsError;
use super::names::{DIRECTORY, ENVIRONMENT, variable};
use super::types::Settings;
use super::{authorization, secrets, variables};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");
const URL: &str = "database.url";
const DEVELOPMENT: &str = "development";

/// A setting with its value and the source of the value.
#[derive(Debug, Serialize)]
pub struct SettingValue {
    /// The name, such as `server.port`.
    pub key: String,
    /// The value as text, without passwords.
    pub value: String,
    /// The source: `default`, a file, or a variable.
    pub source: String,
}

/// All sources of the settings.
struct Sources {
    config: Config,
    /// The environment's file, and the names of the settings in it.
    file: Option<(PathBuf, Vec<String>)>,
    /// For each setting that a variable sets, the name of the variable.
    variables: BTreeMap<String, String>,
    is_development: bool,
}

impl Settings {
    /// Loads the settings of this process. Fails if a source cannot be read, or a value cannot be used.
    pub fn load() -> Result<Self, SettingsError> {
        Self::load_from(&variables::of_process()?)
    }

    /// Loads the settings that a process with these variables has.
    pub fn load_from(variables: &HashMap<String, String>) -> Result<Self, SettingsError> {
        Sources::of(variables)?.settings()
    }

    /// Returns each setting of this process with its source. Fails as [`Settings::load`] does.
    pub fn explain() -> Result<Vec<SettingValue>, SettingsError> {
        let sources = Sources::of(&variables::of_process()?)?;
        let settings = sources.settings()?;
        sources.explain(&settings)
    }
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
            check(&known, &keys, &path)?;
            config = config.add_source(file);
            found = Some((path, keys));
        }
        let ours = variables::check(&known, variables)?;
        let values: Map<String, String> = ours
            .values()
            .map(|name| (name.clone(), variables[name].clone()))
            .collect();
        let environment = Environment::with_prefix("MODELS")
            .prefix_separator("__")
            .separator("__")
            .source(Some(values));
        let config = config.add_source(environment).build().map_err(refuse)?;
        Ok(Self {
            config,
            file: found,
            variables: ours,
            is_development: named(variables).is_none_or(|name| name == DEVELOPMENT),
        })
    }

    fn settings(&self) -> Result<Settings, SettingsError> {
        let settings = self.config.clone().try_deserialize();
        let mut settings: Settings = settings.map_err(|error| match explain(error) {
            Ok((key, reason)) => self.refused(&key, reason),
            Err(error) => SettingsError::Unreadable(error),
        })?;
        let refused = |(key, reason): (&str, String)| self.refused(key, reason);
        let file = self
            .file
            .as_ref()
            .filter(|(_, keys)| keys.iter().any(|key| key == URL))
            // If a variable sets the URL, the file does not hold the password.
            .filter(|_| !self.variables.contains_key(URL))
            .map(|(path, _)| path.as_path());
        secrets::resolve(&mut settings.database, self.is_development, file).map_err(refused)?;
        authorization::resolve(&mut settings.authorization).map_err(refused)?;
        let (time, lease) = (settings.limits.request_timeout, settings.consistency.lease);
        if time <= lease {
            let reason = format!(
                "it must be more than `consistency.lease`, which is {} s, because a deletion may wait for a whole lease",
                lease.as_secs()
            );
            return Err(refused(("limits.request_timeout", reason)));
        }
        Ok(settings)
    }

    fn explain(&self, settings: &Settings) -> Result<Vec<SettingValue>, SettingsError> {
        let explain = |key: String| {
            let source = self.source(&key);
            let value = match key.as_str() {
                URL => settings.database.url.masked(),
                // An operator may have put a secret into the wrong setting.
                _ => mask(&self.config.get_string(&key).map_err(refuse)?).into_owned(),
            };
            Ok(SettingValue { key, value, source })
        };
        keys_of(&self.config).into_iter().map(explain).collect()
    }

    /// Returns the source of a setting's value.
    fn source(&self, key: &str) -> String {
        match (self.variables.get(key), &self.file) {
            (Some(name), _) => format!("variable {name}"),
            (None, Some((path, keys))) if keys.iter().any(|other| other == key) => {
                path.display().to_string()
            }
            (None, _) => "default".to_owned(),
        }
    }

    fn refused(&self, key: &str, reason: String) -> SettingsError {
        let source = self.source(key);
        let is_usual = source == "default" || source == format!("variable {}", variable(key));
        SettingsError::Value {
            key: key.to_owned(),
            reason,
            place: if is_usual {
                String::new()
            } else {
                format!(" (it comes from {source})")
            },
        }
    }
}

/// The name of the environment, if a variable sets it.
fn named(variables: &HashMap<String, String>) -> Option<&String> {
    variables.get(ENVIRONMENT).filter(|name| !name.is_empty())
}

/// Returns the file of the environment. Only a named environment must have a file.
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

/// Refuses a file with an unknown setting.
fn check(known: &[String], keys: &[String], path: &Path) -> Result<(), SettingsError> {
    let Some(key) = keys.iter().find(|key| !known.contains(key)) else {
        return Ok(());
    };
    let all = || format!("the settings are {}", known.join(", "));
    Err(SettingsError::Unknown {
        key: key.clone(),
        place: format!("in {}", path.display()),
        hint: variables::hint(key, known).unwrap_or_else(all),
    })
}

/// Returns the names of all values as `section.key`, sorted.
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

/// Returns the wrong setting and the reason. The reason does not name Rust types, and does not repeat the value, which
/// may be a misplaced secret. Returns the error itself if it concerns no single setting.
fn explain(error: ConfigError) -> Result<(String, String), ConfigError> {
    if let ConfigError::Type {
        key: Some(key),
        expected,
        ..
    } = &error
    {
        let reason = match *expected {
            "a boolean" => "must be true or false",
            "a string" => "must be text",
            number if number.contains("integer") => "must be a whole number in its range",
            _ => "has a value of the wrong kind",
        };
        return Ok((key.clone(), reason.to_owned()));
    }
    if let ConfigError::At {
        key: Some(key),
        error,
        ..
    } = &error
    {
        return Ok((key.clone(), error.to_string()));
    }
    Err(error)
}

fn refuse(error: ConfigError) -> SettingsError {
    SettingsError::Unreadable(error)
}

#[cfg(test)]
mod tests;
