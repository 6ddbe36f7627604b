//! The log, to standard error: standard output is for what a command answers.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

/// Starts the log; from the second call on it stays as it is.
pub(crate) fn start(settings: &LogSettings) {
    let registry = tracing_subscriber::registry().with(filter(settings.level));
    let layer = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Human => registry.with(layer.with_target(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log was started before");
    }
}

/// The level is this service's; libraries say less, since much of what they say is about
/// themselves.
fn filter(level: LevelFilter) -> Targets {
    let libraries = match level {
        LevelFilter::TRACE => LevelFilter::DEBUG,
        LevelFilter::DEBUG | LevelFilter::INFO => LevelFilter::WARN,
        quieter => quieter,
    };
    Targets::new()
        .with_default(libraries)
        // To it, every request that cannot be parsed is an error. They are answered, and logged
        // with their ids, elsewhere.
        .with_target("actix_http::h1::dispatcher", LevelFilter::OFF)
        .with_target("models_api", level)
        .with_target("models_store", level)
}
