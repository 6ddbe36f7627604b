//! The log. It is written to standard error, because standard output has the results of commands.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Write};

use models_core::mask;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::terminal::print_message;
use crate::settings::{LogFormat, LogSettings};
use crate::store::LOG_TARGET;

/// Starts the log. A second call has no effect.
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
        tracing::debug!(%error, "the log is already started");
    }
}

/// Masks keys and passwords in each line, including the lines of libraries.
struct Masked<W>(W);

impl<W: Write> Write for Masked<W> {
    /// Writes one line. The log passes whole lines, so no key is split between two calls.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0
            .write_all(mask(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reports panics in the log, with keys masked. Before the log is started, prints them as plain text.
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
            print_message(&format!("panicked at {location}: {reason}\n{backtrace}"));
        }
    }));
}

/// Returns the backtrace if `RUST_BACKTRACE` enables it.
fn backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
}

/// Applies the level to the service's own messages. Libraries log less, because most of their messages do not help
/// operators.
fn filter(level: LevelFilter) -> Targets {
    let libraries = match level {
        LevelFilter::TRACE => LevelFilter::DEBUG,
        LevelFilter::DEBUG | LevelFilter::INFO => LevelFilter::WARN,
        quieter => quieter,
    };
    Targets::new()
        .with_default(libraries)
        // The dispatcher logs every malformed request as an error. `Connection` logs them with the ids of their
        // responses.
        .with_target("actix_http::h1::dispatcher", LevelFilter::OFF)
        .with_target("models_api", level)
        .with_target("models_node", level)
        .with_target(LOG_TARGET, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_in_the_log() {
        let mut written = vec![];
        let mut log = Masked(&mut written);
        log.write_all(b"{\"path\":\"/v1/models/sk-mdl-abc\",\"error\":\"postgres://a:b@c\"}\n")
            .unwrap();
        let expected = b"{\"path\":\"/v1/models/sk-...\",\"error\":\"postgres://a:***@c\"}\n";
        assert_eq!(written, expected);
    }
}
