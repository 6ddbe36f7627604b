//! How long a peer may take.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use super::Connection;
use super::timeouts::{Late, Timeouts};

/// How long a peer that was refused may go on sending. To close on what it sent would take the
/// answer away from it.
const LINGER: Duration = Duration::from_secs(1);

/// How often it is looked, in the shorter one of the times that a peer may take.
const LOOKS: u32 = 5;

impl Connection {
    /// What the peer has taken too long for. No request looks at a clock for that: a timer goes off every
    /// so often, and it is counted how often.
    pub(super) fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Late> {
        let Timeouts { head, idle, .. } = self.timeouts;
        let period = head.min(idle) / LOOKS;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + period)));
        while timer.as_mut().poll(cx).is_ready() {
            timer.as_mut().reset(Instant::now() + period);
            if self.input.in_flight().is_any() {
                continue;
            }
            self.looks += 1;
            let waited = period * self.looks;
            if self.is_owed && waited > head {
                return Poll::Ready(Late::Request);
            }
            if !self.is_owed && waited > idle {
                return Poll::Ready(Late::NextRequest);
            }
        }
        Poll::Pending
    }

    /// Writes some of these bytes, unless the peer has taken nothing for too long.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let deadline = self.timeouts.send;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + deadline)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads and forgets what a refused peer goes on sending, for a while.
    pub(super) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .linger
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + LINGER)));
        let mut scratch = [0; 4096];
        loop {
            if timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}
