//! The signals that stop the service.

use std::future::pending;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// The status of a process that did not finish what was in flight: that of an interruption.
const TOLD_TWICE: i32 = 130;

/// A terminal and a process manager may send several signals for one wish to stop.
const ONE_WISH: Duration = Duration::from_secs(1);

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None if the process was started so that it outlives its terminal, as by `nohup`.
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

/// Whether this process has inherited that it ignores SIGHUP. Where that cannot be known, it has not.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The first bit is the first signal.
    ignored.unwrap_or(0) & 1 == 1
}

/// Done when the process is told to stop: SIGTERM, Ctrl-C, or SIGHUP, as when its terminal is closed. Told again after
/// a second, it ends at once.
pub(super) fn told_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
        let told = Instant::now();
        tracing::info!("told to stop; finishing what is in flight");
        tokio::spawn(async move {
            loop {
                signals.next().await;
                if told.elapsed() >= ONE_WISH {
                    tracing::warn!("told again to stop; ending at once");
                    std::process::exit(TOLD_TWICE);
                }
            }
        });
    })
}
