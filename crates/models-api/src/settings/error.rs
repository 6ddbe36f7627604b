//! Why settings cannot be used.

use std::path::PathBuf;

use config::ConfigError;

use super::names::{DIRECTORY, ENVIRONMENT, variable};

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
    #[error("there is no setting `{key}` ({place}); {hint}")]
    Unknown {
        /// The name.
        key: String,
        /// Where it stands.
        place: String,
        /// The name that may have been meant, or all names.
        hint: String,
    },
    /// A variable that looks like this program's and is not.
    #[error("the variable {name} sets nothing; {hint}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The name that may have been meant.
        hint: String,
    },
    /// Two variables that set one setting. Holds the setting and the variables.
    #[error("the setting `{0}` is set by two variables, {1} and {2}; unset one of them")]
    Twice(String, String, String),
    /// A variable whose text cannot be read.
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
        /// What is wrong.
        reason: String,
        /// Where the value comes from, if that is not the variable.
        place: String,
    },
    /// A file that is not TOML, or cannot be read.
    #[error("the settings cannot be read: {}", without_source(.0))]
    Unreadable(ConfigError),
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
