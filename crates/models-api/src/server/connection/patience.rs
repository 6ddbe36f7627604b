//! The timeouts of a peer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use super::Connection;
use super::timeouts::{Late, Timeouts};

/// The connection reads from a refused peer for this time. Closing with unread bytes would reset the connection, and the
/// peer would lose the response.
const LINGER: Duration = Duration::from_secs(1);

/// The number of timer ticks within the shorter one of the head and idle timeouts.
const LOOKS: u32 = 5;

impl Connection {
    /// Completes when a timeout of the peer has passed. A timer ticks at an interval, and the connection counts the ticks,
    /// because reading a clock for each request would cost more.
    pub(super) fn poll_timeouts(&mut self, cx: &mut Context<'_>) -> Poll<Late> {
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

    /// Writes some of these bytes. Fails if the socket has accepted no bytes for the send timeout.
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

    /// Reads and drops the bytes that a refused peer still sends, for at most [`LINGER`].
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
