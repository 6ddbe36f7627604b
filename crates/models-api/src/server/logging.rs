//! The log, to standard error: standard output is for the results of commands.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Write};

use models_core::mask;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::terminal::complain;
use crate::settings::{LogFormat, LogSettings};
use crate::store::LOG_TARGET;

/// Starts the log; from the second call on it stays as it is.
pub(crate) fn start(settings: &LogSettings) {
    let registry = tracing_subscriber::registry().with(filter(settings.level));
    let layer = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(|| Masked(io::stderr()));
    let started = match settings.format {
        LogFormat::Human => registry.with(layer.with_target(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log was started before");
    }
}

/// Writes each line without the keys and passwords in it, whichever module or library wrote it.
struct Masked<W>(W);

impl<W: Write> Write for Masked<W> {
    /// Takes whole lines, as the log writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0
            .write_all(mask(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reports panics as the log's other lines, and without the keys that a message may repeat. Before the log is started
/// they are plain text.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let reason = panic.payload_as_str().unwrap_or("a panic");
        let location = panic.location().map(ToString::to_string);
        let backtrace = backtrace();
        if tracing::dispatcher::has_been_set() {
            tracing::error!(reason, location, backtrace, "a thread panicked");
        } else {
            let location = location.unwrap_or_default();
            let backtrace = backtrace.unwrap_or_default();
            complain(&format!("panicked at {location}: {reason}\n{backtrace}"));
        }
    }));
}

/// With `RUST_BACKTRACE=1` alone.
fn backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
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
        .with_target("models_node", level)
        .with_target(LOG_TARGET, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_log_holds_a_key() {
        let mut written = vec![];
        let mut log = Masked(&mut written);
        log.write_all(b"{\"path\":\"/v1/models/sk-mdl-abc\",\"error\":\"postgres://a:b@c\"}\n")
            .unwrap();
        let expected = b"{\"path\":\"/v1/models/sk-...\",\"error\":\"postgres://a:***@c\"}\n";
        assert_eq!(written, expected);
    }
}
