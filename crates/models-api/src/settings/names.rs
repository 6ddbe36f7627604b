//! The names of this program's variables.

/// The prefix of variables that set settings.
pub(super) const PREFIX: &str = "MODELS__";

/// The variable that names the environment.
pub(super) const ENVIRONMENT: &str = "MODELS_ENVIRONMENT";

/// The variable that names the directory of the environments' files.
pub(super) const DIRECTORY: &str = "MODELS_CONFIG_DIRECTORY";

/// Returns the variable that sets this setting.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}
/// The variable with the URL of the database that `copy` fills.
pub const COPY_TO: &str = "MODELS_COPY_TO";
