//! The signals that stop the service.

use std::future::pending;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// The exit status after a second signal, the same as that of an interrupted process.
const INTERRUPTED: i32 = 130;

/// Signals within this time count as one: a terminal and a process manager may both send one.
const SAME_STOP: Duration = Duration::from_secs(1);

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if the process ignores SIGHUP, as under `nohup`.
    hangup: Option<Signal>,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if is_hangup_ignored() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether the process inherited an ignored SIGHUP. Returns `false` if `/proc` is unavailable.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Bit 0 is signal 1, SIGHUP.
    ignored.unwrap_or(0) & 1 == 1
}

/// Returns a future that completes at the first SIGTERM, SIGINT (Ctrl-C) or SIGHUP (a closed terminal). A further
/// signal, more than a second later, ends the process at once. Fails if the handlers cannot be installed.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
        let stopping_since = Instant::now();
        tracing::info!("received a signal to stop; finishing the requests in flight");
        tokio::spawn(async move {
            loop {
                signals.next().await;
                if stopping_since.elapsed() >= SAME_STOP {
                    tracing::warn!("received another signal to stop; exiting at once");
                    std::process::exit(INTERRUPTED);
                }
            }
        });
    })
}
