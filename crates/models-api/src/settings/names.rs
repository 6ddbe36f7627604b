//! The variables of this program.

/// Before the names of variables that set settings.
pub(super) const PREFIX: &str = "MODELS__";

/// Names the environment.
pub(super) const ENVIRONMENT: &str = "MODELS_ENVIRONMENT";

/// Names the directory with the environments' files.
pub(super) const DIRECTORY: &str = "MODELS_CONFIG_DIRECTORY";

/// The variable that sets a setting.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}
