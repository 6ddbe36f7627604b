//! The socket, as the dispatcher of actix-http sees it.
//!
//! What the dispatcher cannot parse (a bad request line, an oversized head, a first head that takes
//! too long) it answers itself, before any of our code runs, with a head and no body. Here such an
//! answer is given the envelope. It is told from ours by `x-request-id`, which all of ours have,
//! and it is always the last thing written on its connection, so only the end of what is written is
//! looked at.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use actix_web::http::header::HttpDate;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use crate::error::ApiError;
use crate::respond::{new_request_id, standard_headers};

const UNREADABLE: &str = "The request is not HTTP that this server can read.";

/// Longer than any head that the dispatcher makes.
const LONGEST_HEAD: usize = 512;

pub(crate) struct Connection {
    stream: TcpStream,
    /// What is still to be written in place of an answer of the dispatcher's.
    replacement: Option<Bytes>,
    /// Something was read since the last answer, and the peer has not gone.
    owes_an_answer: bool,
    /// Whether the service is stopping.
    stopping: watch::Receiver<bool>,
}

impl Connection {
    /// The connection and its peer.
    pub(crate) fn accept(
        stream: TcpStream,
        stopping: watch::Receiver<bool>,
    ) -> io::Result<(Self, Option<SocketAddr>)> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr().ok();
        Ok((
            Self {
                stream,
                replacement: None,
                owes_an_answer: false,
                stopping,
            },
            peer,
        ))
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
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if polled.is_ready() {
            this.owes_an_answer = buffer.filled().len() > before;
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.owes_an_answer = false;
        let Some(start) = bare_answer(bytes) else {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        };
        if start > 0 {
            return Pin::new(&mut this.stream).poll_write(cx, &bytes[..start]);
        }
        let rest = this.replacement.get_or_insert_with(|| with_envelope(bytes));
        while rest.has_remaining() {
            let written = ready!(Pin::new(&mut this.stream).poll_write(cx, rest))?;
            rest.advance(written);
        }
        this.replacement = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl Drop for Connection {
    /// The dispatcher gives up without a word when a body's chunks make no sense, and when the time
    /// for stopping is over. What fits into the socket's buffer is written; more cannot be done for
    /// a peer that is being left.
    fn drop(&mut self) {
        if !self.owes_an_answer {
            return;
        }
        let (status, error) = if *self.stopping.borrow() {
            (
                "503 Service Unavailable",
                ApiError::Overloaded("the service stopped".to_owned()),
            )
        } else {
            ("400 Bad Request", ApiError::BadRequest(UNREADABLE))
        };
        let _ = self
            .stream
            .try_write(&answer(&format!("HTTP/1.1 {status}"), &error));
    }
}

/// Where an answer of the dispatcher's begins, if these bytes end with one.
fn bare_answer(bytes: &[u8]) -> Option<usize> {
    const START: &[u8] = b"HTTP/1.1 ";
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let skipped = bytes.len().saturating_sub(LONGEST_HEAD);
    let tail = &bytes[skipped..];
    let start = tail
        .windows(START.len())
        .rposition(|window| window == START)?;
    let head = std::str::from_utf8(&tail[start..]).ok()?;
    let is_error = head[START.len()..].starts_with(['4', '5']);
    let is_ours = head.contains("\r\nx-request-id: ");
    (is_error && !is_ours).then_some(skipped + start)
}

/// The same answer in our shape.
fn with_envelope(head: &[u8]) -> Bytes {
    let head = String::from_utf8_lossy(head);
    let status_line = head.lines().next().unwrap_or_default();
    let error = match status_line.split(' ').nth(1) {
        Some("408") => ApiError::RequestTimeout,
        Some("431") => ApiError::HeadTooLarge,
        Some("400") => ApiError::BadRequest(UNREADABLE),
        _ => ApiError::Fault("the connection's dispatcher failed".to_owned()),
    };
    answer(status_line, &error)
}

/// The last answer of a connection.
fn answer(status_line: &str, error: &ApiError) -> Bytes {
    let request_id = new_request_id();
    tracing::debug!(request_id, %error, "a request could not be read");
    let body = error.body(&request_id);
    let date = HttpDate::from(SystemTime::now());
    let length = body.len();
    let mut answer = format!(
        "{status_line}\r\ncontent-length: {length}\r\nconnection: close\r\ndate: {date}\r\n"
    );
    for (name, value) in standard_headers(&request_id)
        .into_iter()
        .chain(error.headers())
    {
        answer.extend([name.as_str(), ": ", &value, "\r\n"]);
    }
    answer += "\r\n";
    Bytes::from([answer.into_bytes(), body].concat())
}
