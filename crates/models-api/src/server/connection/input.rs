//! What the dispatcher of actix-http may read: one request at a time.
//!
//! The dispatcher decodes every whole request in its buffer at once, about 7 KB of memory for each, and
//! runs the decoded ones even behind a response that closes the connection. So it is handed the bytes
//! of one request. The next request follows when the response has been written; what was read before
//! that waits here, in a bounded buffer, and what was not read waits in the socket's.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;

use actix_http::header::TRANSFER_ENCODING;
use actix_http::{HttpMessage, Request};
use actix_web::web::{Buf, BytesMut};
use tokio::io::ReadBuf;

use super::chunks::Chunks;
use super::head::Head;
use crate::http::framing::announced_length;

/// Bytes that may wait behind a request. A read that begins below it may go beyond, by the free space of
/// the dispatcher's buffer.
const MOST_AHEAD: usize = 8 * 1024;

/// The body of a request, as its head announces it.
#[derive(Clone, Copy, Default)]
pub(crate) enum Body {
    #[default]
    None,
    /// So many bytes are still to come.
    Sized(u64),
    Chunked(Chunks),
    /// It is too long to be read; the connection closes after the response.
    Refused,
}

impl Body {
    /// The body that this request announces; one of more than `most` bytes is not read.
    pub(crate) fn of(request: &Request, most: u64) -> Self {
        if request.headers().contains_key(TRANSFER_ENCODING) {
            return Self::Chunked(Chunks::default());
        }
        match announced_length(request) {
            Some(length) if length <= most => Self::Sized(length),
            Some(_) => Self::Refused,
            None => Self::None,
        }
    }

    /// Whether nothing of it is still to come.
    pub(crate) fn is_complete(self) -> bool {
        match self {
            Self::None => true,
            Self::Sized(rest) => rest == 0,
            Self::Chunked(chunks) => chunks.is_complete(),
            Self::Refused => false,
        }
    }

    /// How many of these bytes belong to the body.
    fn admit(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::None | Self::Refused => 0,
            Self::Sized(rest) => {
                let count =
                    usize::try_from(*rest).map_or(bytes.len(), |rest| rest.min(bytes.len()));
                *rest -= count as u64;
                count
            }
            Self::Chunked(chunks) => chunks.admit(bytes),
        }
    }
}

/// What the connection and the layer that receives its requests know of the current request.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Rc<Current>);

#[derive(Default)]
struct Current {
    /// How many requests the handlers have.
    count: Cell<usize>,
    body: Cell<Body>,
}

/// A request in the handlers' hands, until this is dropped.
pub(crate) struct Answering(InFlight);

impl InFlight {
    /// A request with this body goes to the handlers. The connection hands over no body that it was not
    /// told of here.
    pub(crate) fn begin(&self, body: Body) -> Answering {
        self.0.count.set(self.0.count.get() + 1);
        self.0.body.set(body);
        Answering(self.clone())
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.count.get() > 0
    }

    fn admit_body(&self, bytes: &[u8]) -> usize {
        let mut body = self.0.body.get();
        let count = body.admit(bytes);
        self.0.body.set(body);
        count
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let count = &self.0.0.count;
        count.set(count.get() - 1);
    }
}

enum Stage {
    /// Reads give the head of a request.
    Head(Head),
    /// The head was handed over: reads give its body, and nothing behind it.
    Request { is_answered: bool },
    /// Reads give nothing more.
    Ended,
}

/// The bytes that have come, and which of them the dispatcher may have.
pub(super) struct Input {
    stage: Stage,
    in_flight: InFlight,
    /// What was read and may not be handed over yet.
    ahead: BytesMut,
    /// Bytes of the longest head that is handed over.
    most_head: usize,
    /// Chunks were handed over, and the next read gives nothing.
    is_pausing: bool,
}

impl Input {
    pub(super) fn new(most_head: usize) -> Self {
        Self {
            stage: Stage::Head(Head::default()),
            in_flight: InFlight::default(),
            ahead: BytesMut::new(),
            most_head,
            is_pausing: false,
        }
    }

    pub(super) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// All that was written in response to the request has left, or is in the socket's buffer.
    pub(super) fn answered(&mut self) {
        if let Stage::Request { is_answered } = &mut self.stage {
            *is_answered = true;
        }
    }

    /// Goes on to the next request if the response to this one is complete. A body that has not
    /// come by then ends the connection, as the dispatcher's own response says.
    pub(super) fn advance(&mut self) {
        if !matches!(self.stage, Stage::Request { is_answered: true }) || self.in_flight.is_any() {
            return;
        }
        self.stage = if self.in_flight.0.body.get().is_complete() {
            Stage::Head(Head::default())
        } else {
            Stage::Ended
        };
    }

    pub(super) fn end(&mut self) {
        self.stage = Stage::Ended;
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Whether the head is longer than any that is handed over.
    pub(super) fn is_too_long(&self) -> bool {
        matches!(&self.stage, Stage::Head(head) if head.length() > self.most_head)
    }

    /// Whether the dispatcher must decode what it has before it reads on. It reads as long as there is
    /// something, and each chunk of a few bytes takes many more in its memory.
    pub(super) fn pauses(&mut self) -> bool {
        mem::take(&mut self.is_pausing)
    }

    /// Whether bytes wait here.
    pub(super) fn is_waiting(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Whether the peer sends, or has sent, more than was handed over.
    pub(super) fn has_more(&self) -> bool {
        self.is_waiting() || !self.in_flight.0.body.get().is_complete()
    }

    pub(super) fn is_full(&self) -> bool {
        self.ahead.len() >= MOST_AHEAD
    }

    /// Hands over what waits, as far as the dispatcher may have it; whether that is anything.
    pub(super) fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if self.ahead.is_empty() {
            return false;
        }
        let most = self.ahead.len().min(buffer.remaining());
        let mut ahead = mem::take(&mut self.ahead);
        let count = self.admit(&mut ahead[..most]);
        buffer.put_slice(&ahead[..count]);
        ahead.advance(count);
        // The memory is given back as soon as nothing waits.
        if !ahead.is_empty() {
            self.ahead = ahead;
        }
        count > 0
    }

    /// Takes out of this buffer what the dispatcher may not have yet of what was just read, behind the
    /// first `before` bytes; whether anything is left.
    pub(super) fn hold_back(&mut self, buffer: &mut ReadBuf<'_>, before: usize) -> bool {
        let read = &mut buffer.filled_mut()[before..];
        let count = self.admit(read);
        if count < read.len() {
            self.ahead.extend_from_slice(&read[count..]);
            buffer.set_filled(before + count);
        }
        count > 0
    }

    /// How many of these bytes the dispatcher may have now.
    fn admit(&mut self, bytes: &mut [u8]) -> usize {
        match &mut self.stage {
            Stage::Head(head) => match head.find_end(bytes) {
                Some(end) if head.length() <= self.most_head => {
                    self.in_flight.0.body.set(Body::None);
                    self.stage = Stage::Request { is_answered: false };
                    end
                }
                Some(_) | None => bytes.len(),
            },
            Stage::Request { .. } => {
                let count = self.in_flight.admit_body(bytes);
                let is_chunked = matches!(self.in_flight.0.body.get(), Body::Chunked(_));
                self.is_pausing = is_chunked && count > 0;
                count
            }
            Stage::Ended => 0,
        }
    }
}
