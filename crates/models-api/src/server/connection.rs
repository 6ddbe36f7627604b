//! The connection between a socket and the dispatcher of actix-http.
//!
//! The connection corrects these behaviours of the dispatcher:
//!
//! - It responds to a request that it cannot parse with a head and no body. The connection adds the error envelope.
//! - It closes without a response if the chunks of a body are malformed, or if the service stops just as a request
//!   arrives. The connection sends an error response.
//! - It times only the first head of a connection. It does not time a peer that does not read, and it counts idle time
//!   from any wake-up of the connection. The connection has its own timeouts.
//! - It decodes and queues every request that has arrived, and executes requests behind a response that closes the
//!   connection. [`input`] hands over one request at a time.

mod bare;
mod chunks;
mod head;
pub(crate) mod input;
mod own_response;
mod patience;
mod timeouts;
pub(crate) mod turns;

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{io, mem};

use actix_web::rt::net::TcpStream;
use actix_web::web::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Sleep;

use crate::dialects::openai::error::ApiError;
use crate::server::respond::logged::Logged;
use bare::{CONTINUE, UNREADABLE, bare_response};
use input::{InFlight, Input};
use timeouts::Late;
pub(crate) use timeouts::Timeouts;
use turns::{Turn, Turns};

pub(crate) struct Connection {
    stream: TcpStream,
    timeouts: Timeouts,
    input: Input,
    turns: Turns,
    /// The turn that the next request waits for.
    turn: Option<Turn>,
    /// Whether the connection owes a response: it has read bytes without a response, and the peer has not closed.
    is_owed: bool,
    /// The number of timer ticks since the last response, or since the start of the request.
    looks: u32,
    /// The timer of the head and idle timeouts.
    timer: Option<Pin<Box<Sleep>>>,
    /// The timer of the send timeout. It is set while the socket accepts no bytes.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether a part of the dispatcher's last write has not been sent.
    is_writing: bool,
    /// The unsent part of a response that replaces the dispatcher's own.
    replacement: Option<Bytes>,
    /// Whether the peer was refused and may still be sending.
    lingers: bool,
    /// The timer that ends reading from a refused peer.
    linger: Option<Pin<Box<Sleep>>>,
    /// Whether the service is stopping.
    stopping: watch::Receiver<bool>,
    peer: Option<SocketAddr>,
    /// The choice of responses to log.
    logged: Logged,
}

impl Connection {
    /// Returns the connection and its peer. The connection refuses a head of more than `most_head` bytes.
    pub(crate) fn accept(
        stream: TcpStream,
        timeouts: Timeouts,
        most_head: usize,
        stopping: watch::Receiver<bool>,
        logged: Logged,
        turns: Turns,
    ) -> io::Result<(Self, Option<SocketAddr>)> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr().ok();
        let connection = Self {
            stream,
            timeouts,
            input: Input::new(most_head),
            turns,
            turn: None,
            is_owed: false,
            looks: 0,
            timer: None,
            stalled: None,
            is_writing: false,
            replacement: None,
            lingers: false,
            linger: None,
            stopping,
            peer,
            logged,
        };
        Ok((connection, peer))
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        self.input.in_flight().clone()
    }

    /// Writes an error response as far as it fits into the socket's buffer, unless another response is partly sent.
    fn respond_at_once(&mut self, status: &str, error: &ApiError) {
        let response = self.last_response(&format!("HTTP/1.1 {status}"), error);
        if !self.is_writing && self.stream.try_write(&response).is_ok() {
            self.is_owed = false;
            self.lingers = true;
        }
    }

    fn respond_to_stop(&mut self) {
        let error = ApiError::Overloaded("the service stops".to_owned());
        self.respond_at_once("503 Service Unavailable", &error);
    }

    fn is_responding(&self) -> bool {
        self.input.in_flight().is_any()
    }

    /// Reads the bytes that the dispatcher may have now, and keeps a bounded number of bytes that arrive too early. If
    /// that many bytes wait, the connection reads nothing until the response is written.
    fn poll_input(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_writing {
            self.input.advance();
        }
        if self.input.pauses() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.turn.as_ref().is_some_and(|turn| !turn.has_come()) {
            return Poll::Pending;
        }
        self.turn = None;
        if self.input.has_ended() || self.input.hand_over(buffer) {
            return Poll::Ready(Ok(()));
        }
        while !self.input.is_full() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
            if buffer.filled().len() == before {
                // The dispatcher must see the waiting bytes before the end of the input.
                if self.input.is_waiting() {
                    break;
                }
                return Poll::Ready(Ok(()));
            }
            if self.input.hold_back(buffer, before) {
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Pending
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = this.poll_input(cx, buffer);
        if polled.is_ready() {
            if this.input.is_too_long() {
                let status = "431 Request Header Fields Too Large";
                this.respond_at_once(status, &ApiError::HeadTooLarge);
                this.input.end();
                buffer.set_filled(before);
            }
            let was_owed = mem::replace(&mut this.is_owed, buffer.filled().len() > before);
            if !was_owed {
                this.looks = 0;
            }
            return polled;
        }
        if let Late::Request = ready!(this.poll_timeouts(cx)) {
            this.respond_at_once("408 Request Timeout", &ApiError::RequestTimeout);
        }
        // To the dispatcher, the peer has closed.
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.is_writing = true;
        let written = match bare_response(bytes) {
            None => ready!(this.poll_send(cx, bytes))?,
            Some(start @ 1..) => ready!(this.poll_send(cx, &bytes[..start]))?,
            Some(0) => {
                let rest = this.replacement.take();
                let mut rest = rest.unwrap_or_else(|| this.with_envelope(bytes));
                while rest.has_remaining() {
                    match this.poll_send(cx, &rest) {
                        Poll::Ready(written) => rest.advance(written?),
                        Poll::Pending => {
                            this.replacement = Some(rest);
                            return Poll::Pending;
                        }
                    }
                }
                this.lingers = true;
                bytes.len()
            }
        };
        this.is_writing = written < bytes.len();
        if bytes != CONTINUE {
            this.is_owed = false;
            this.looks = 0;
            if !this.is_writing {
                this.input.mark_responded();
                // A long response has several pieces, and any of them may be the last.
                if this.input.is_waiting() {
                    this.turns.queue_once(&mut this.turn, cx.waker());
                }
            }
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_owed && !this.is_responding() && *this.stopping.borrow() {
            this.respond_to_stop();
        }
        ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        if this.lingers || this.input.has_more() {
            ready!(this.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Connection {
    /// Sends the missing response. The dispatcher drops a connection without one if the chunks of a body are malformed.
    /// The server does so at the end of the shutdown timeout.
    fn drop(&mut self) {
        if !self.is_owed {
            return;
        }
        if *self.stopping.borrow() {
            self.respond_to_stop();
        } else {
            self.respond_at_once("400 Bad Request", &ApiError::BadRequest(UNREADABLE));
        }
    }
}
