//! The settings, their values and the sources of the values.

mod database;
mod error;
mod names;
mod origins;
mod parse;
mod secrets;
mod source;
mod types;
mod variables;

pub use error::SettingsError;
pub use types::{CacheSettings, LimitSettings, LogFormat, LogSettings, RequestLog, Settings};
