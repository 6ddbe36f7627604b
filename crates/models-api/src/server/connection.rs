//! The socket, as the dispatcher of actix-http sees it.
//!
//! Some things that the dispatcher does without our code, or does not do, are mended here:
//!
//! - What it cannot parse it answers itself, with a head and no body. Such an answer is given the envelope.
//! - It closes without an answer when a body's chunks make no sense, and when the service stops just as a request arrives.
//! - It times the first head of a connection, but no later one, and no peer that does not read. How long a
//!   connection is idle it counts from whatever last woke it.
//! - It decodes and queues every request that has come, and executes requests behind a response that
//!   closes the connection. [`input`] hands it one request at a time.

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
use bare::{CONTINUE, UNREADABLE, bare_answer};
use input::{InFlight, Input};
use timeouts::Late;
pub(crate) use timeouts::Timeouts;
use turns::{Turn, Turns};

pub(crate) struct Connection {
    stream: TcpStream,
    timeouts: Timeouts,
    input: Input,
    turns: Turns,
    /// Its next request waits for this.
    turn: Option<Turn>,
    /// Something was read that has not been answered, and the peer has not gone.
    is_owed: bool,
    /// How often the timer has gone off since something was answered, or since a request began.
    looks: u32,
    /// Looks whether the peer takes too long.
    timer: Option<Pin<Box<Sleep>>>,
    /// Looks whether the peer has taken nothing for too long. It is set while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Of what the dispatcher last wrote, not all has been taken.
    is_writing: bool,
    /// What is still to be written in place of an answer of the dispatcher's.
    replacement: Option<Bytes>,
    /// The peer was refused, and may still be sending.
    lingers: bool,
    /// Until when what it sends is read.
    linger: Option<Pin<Box<Sleep>>>,
    /// Whether the service is stopping.
    stopping: watch::Receiver<bool>,
    peer: Option<SocketAddr>,
    /// Which responses are logged.
    logged: Logged,
}

impl Connection {
    /// The connection and its peer. A head of more than `most_head` bytes is refused.
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

    /// Writes as much as fits into the socket's buffer, unless that is in the midst of an answer.
    fn say_at_once(&mut self, status: &str, error: &ApiError) {
        let answer = self.answer(&format!("HTTP/1.1 {status}"), error);
        if !self.is_writing && self.stream.try_write(&answer).is_ok() {
            self.is_owed = false;
            self.lingers = true;
        }
    }

    fn say_that_the_service_stops(&mut self) {
        let error = ApiError::Overloaded("the service stops".to_owned());
        self.say_at_once("503 Service Unavailable", &error);
    }

    fn is_answering(&self) -> bool {
        self.input.in_flight().is_any()
    }

    /// Reads what the dispatcher may have now. What comes too early for that is kept, as far as there is
    /// room; then the socket is left alone until the response has been written.
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
                // The end comes behind what waits.
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
                this.say_at_once(status, &ApiError::HeadTooLarge);
                this.input.end();
                buffer.set_filled(before);
            }
            let was_owed = mem::replace(&mut this.is_owed, buffer.filled().len() > before);
            if !was_owed {
                this.looks = 0;
            }
            return polled;
        }
        if let Late::Request = ready!(this.poll_patience(cx)) {
            this.say_at_once("408 Request Timeout", &ApiError::RequestTimeout);
        }
        // As if the peer had gone.
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
        let written = match bare_answer(bytes) {
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
                this.input.answered();
                // A long response comes in pieces, and each of them may be the last.
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
        if this.is_owed && !this.is_answering() && *this.stopping.borrow() {
            this.say_that_the_service_stops();
        }
        ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        if this.lingers || this.input.has_more() {
            ready!(this.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Connection {
    /// The dispatcher gives up without a word, and without closing, when a body's chunks make no
    /// sense; and so does the server when the time for stopping is over.
    fn drop(&mut self) {
        if !self.is_owed {
            return;
        }
        if *self.stopping.borrow() {
            self.say_that_the_service_stops();
        } else {
            self.say_at_once("400 Bad Request", &ApiError::BadRequest(UNREADABLE));
        }
    }
}
