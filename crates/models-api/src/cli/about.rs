//! The texts of the program's own help.

/// The long description of the program.
pub(super) const ABOUT_SETTINGS: &str = "The OpenAI Models API, self-hosted.

Settings have three sources, and a later source overrides an earlier one:
  1. the embedded defaults
  2. the file {directory}/{environment}.toml: MODELS_CONFIG_DIRECTORY names the directory (default `config`), and \
MODELS_ENVIRONMENT the environment (default `development`)
  3. variables named MODELS__SECTION__KEY, such as MODELS__DATABASE__URL and MODELS__SERVER__PORT

All commands but serve, config, openapi, completion and healthcheck work on the database directly. The service need not run.";

/// The examples of the program's own help.
pub(super) const EXAMPLES: &str = "Examples:
  models-api
  models-api key list
  MODELS__SERVER__PORT=9000 models-api serve
  models-api help model import";
