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

mod chunks;
mod head;
mod input;

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};
use std::{io, mem};

use actix_web::ResponseError;
use actix_web::http::header::HttpDate;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::dialects::openai::error::ApiError;
use crate::server::request_id::RequestId;
use crate::server::respond::{Logged, standard_headers};
use input::Input;
pub(crate) use input::{Body, InFlight};

const UNREADABLE: &str = "The request is not HTTP that this server can read.";

/// How long a peer may take.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    /// For the head of a request, and then for its body, to arrive. The dispatcher times the first
    /// head of a connection alike.
    pub(crate) head: Duration,
    /// To take some more of an answer.
    pub(crate) send: Duration,
    /// To send another request.
    pub(crate) idle: Duration,
}

/// How long a peer that was refused may go on sending. To close on what it sent would take the
/// answer away from it.
const LINGER: Duration = Duration::from_secs(1);

/// How often it is looked, in the shorter one of the times that a peer may take.
const LOOKS: u32 = 5;

/// What a peer takes too long for.
enum Late {
    /// The rest of what it began.
    Request,
    NextRequest,
}

pub(crate) struct Connection {
    stream: TcpStream,
    timeouts: Timeouts,
    input: Input,
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
    ) -> io::Result<(Self, Option<SocketAddr>)> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr().ok();
        let connection = Self {
            stream,
            timeouts,
            input: Input::new(most_head),
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

    /// What the peer has taken too long for. No request looks at a clock for that: a timer goes off every
    /// so often, and it is counted how often.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Late> {
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
    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
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

    /// Reads and forgets what a refused peer goes on sending, for a while.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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

impl Connection {
    /// The same answer in our shape.
    fn with_envelope(&self, head: &[u8]) -> Bytes {
        let head = String::from_utf8_lossy(head);
        let status = head
            .lines()
            .next()
            .and_then(|line| line.split_once(' '))
            .map_or("", |(_, status)| status);
        let error = match status.get(..3) {
            Some("408") => ApiError::RequestTimeout,
            Some("431") => ApiError::HeadTooLarge,
            Some("400") => ApiError::BadRequest(UNREADABLE),
            _ => ApiError::Fault("the connection's dispatcher failed".to_owned()),
        };
        self.answer(&format!("HTTP/1.1 {status}"), &error)
    }

    /// The last answer of a connection. Of the request nothing is known, so neither is its origin: it
    /// has no CORS headers.
    fn answer(&self, status_line: &str, error: &ApiError) -> Bytes {
        let request_id = RequestId::new();
        self.log(&request_id, error);
        let body = error.body(request_id.as_str());
        let date = HttpDate::from(SystemTime::now());
        let length = body.len();
        let mut answer = format!(
            "{status_line}\r\ncontent-length: {length}\r\nconnection: close\r\ndate: {date}\r\n"
        );
        for (name, value) in &standard_headers(&request_id) {
            let value = value.to_str().unwrap_or_default();
            answer.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        for (name, value) in error.headers() {
            answer.extend([name.as_str(), ": ", &value, "\r\n"]);
        }
        answer += "\r\n";
        Bytes::from([answer.into_bytes(), body].concat())
    }

    /// Logs a request that could not be read, with the id that its response has.
    fn log(&self, request_id: &RequestId, error: &ApiError) {
        let status = error.status_code();
        let reason = matches!(error, ApiError::BadRequest(_)).then_some("unreadable");
        if self.logged.has(status, reason) {
            let request_id = request_id.as_str();
            let client = self
                .peer
                .map(|peer| tracing::field::display(peer.ip().to_canonical()));
            let status = status.as_u16();
            tracing::info!(request_id, client, status, reason, %error, "a request could not be read");
        }
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
                if this.input.is_waiting() {
                    cx.waker().wake_by_ref();
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

/// What the dispatcher writes before a body that was announced with an expectation.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Where an answer of the dispatcher's own begins, if these bytes end with one: an error with no
/// headers but those that the dispatcher sets. Ours have others, and nothing that a client sent can
/// stand where its `content-length` does.
fn bare_answer(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes.strip_suffix(b"\r\n\r\n")?;
    let mut is_empty = false;
    // Line by line from the end: an answer of ours is left at the second.
    loop {
        let break_at = rest.windows(2).rposition(|pair| pair == b"\r\n");
        let start = break_at.map_or(0, |at| at + 2);
        let line = &rest[start..];
        let is_bare = [&b"content-length: "[..], b"connection: ", b"date: "]
            .iter()
            .any(|name| line.starts_with(name));
        if !is_bare {
            let status = status_line(line)?;
            let is_error = matches!(line.get(status + 9), Some(b'4' | b'5'));
            return (is_error && is_empty).then_some(start + status);
        }
        is_empty |= line == b"content-length: 0";
        rest = &rest[..break_at?];
    }
}

/// Where a status line begins that this ends with. The body of another answer may stand before it.
fn status_line(text: &[u8]) -> Option<usize> {
    /// Longer than any that the dispatcher makes.
    const LONGEST: usize = 64;
    let skipped = text.len().saturating_sub(LONGEST);
    let at = text[skipped..]
        .windows(7)
        .rposition(|window| window == b"HTTP/1.")?;
    Some(skipped + at)
}

#[cfg(test)]
mod tests;
