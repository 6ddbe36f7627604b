//! The settings, their values and the sources of the values.

mod authorization;
mod copy_target;
mod database;
mod error;
mod names;
mod origins;
mod parse;
mod secrets;
mod source;
mod types;
mod variables;

pub use authorization::AuthorizationSettings;
pub use database::DatabaseUrl;
pub use error::SettingsError;
pub use names::COPY_TO;
pub use types::{CacheSettings, LimitSettings, LogFormat, LogSettings, RequestLog, Settings};
