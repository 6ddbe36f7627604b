//! The errors of loading settings.

use std::path::PathBuf;

use config::ConfigError;

use super::names::{DIRECTORY, ENVIRONMENT, variable};

/// The reason why the settings cannot be used. The text names the setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable names the environment, but the environment has no file.
    #[error("there is no file {} for the environment that {ENVIRONMENT} names", .0.display())]
    NoFile(PathBuf),
    /// A variable names the directory of the files, but no such directory exists.
    #[error("{} is not a directory, and {DIRECTORY} names it", .0.display())]
    NoDirectory(PathBuf),
    /// No setting has this name.
    #[error("there is no setting `{key}` ({place}); {hint}")]
    Unknown {
        /// The name.
        key: String,
        /// The file or the variable that has the name.
        place: String,
        /// A similar name, or all names.
        hint: String,
    },
    /// A variable that looks like one of this program and is not.
    #[error("the variable {name} sets nothing; {hint}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// A similar name, or the form of the names.
        hint: String,
    },
    /// Two variables set the same setting. Holds the setting and the variables.
    #[error("the setting `{0}` is set by two variables, {1} and {2}; unset one of them")]
    Twice(String, String, String),
    /// The text of a variable is not UTF-8. Holds its name.
    #[error("the variable {0} is not UTF-8")]
    NotUtf8(String),
    /// A value that the setting cannot have.
    #[error(
        "the setting `{key}` (variable {}) cannot be used: {reason}{place}",
        variable(key)
    )]
    Value {
        /// The setting.
        key: String,
        /// The reason.
        reason: String,
        /// The source of the value, if it is not the variable.
        place: String,
    },
    /// A file that is not TOML, or cannot be read.
    #[error("the settings cannot be read: {}", without_source(.0))]
    Unreadable(ConfigError),
}

/// The error and its position, without the line of the file, which may hold a password.
fn without_source(error: &ConfigError) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains(" | ") && !line.trim_end().ends_with('|'))
        .collect();
    lines.join(": ")
}
