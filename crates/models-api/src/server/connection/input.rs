//! The input of the dispatcher of actix-http: one request at a time.
//!
//! The dispatcher decodes every whole request in its buffer at once, which takes about 7 KB of memory each. It executes
//! the decoded requests even behind a response that closes the connection. So the connection hands over the bytes of one
//! request, and those of the next after the response is written. Bytes read before that wait here, in a bounded buffer;
//! all others wait in the socket's buffer.

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

/// The number of bytes that may wait behind a request. A read that begins below it may exceed it by the free space of the
/// dispatcher's buffer.
const MOST_AHEAD: usize = 8 * 1024;

/// The body that a head announces, and the part of it that has not arrived.
#[derive(Clone, Copy, Default)]
pub(crate) enum Body {
    #[default]
    None,
    /// The number of bytes that have not arrived.
    Sized(u64),
    Chunked(Chunks),
    /// The body is too long to be read. The connection closes after the response.
    Refused,
}

impl Body {
    /// Returns the body that this request announces. A body of more than `most` bytes is not read.
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

    /// Whether the whole body has arrived.
    pub(crate) fn is_complete(self) -> bool {
        match self {
            Self::None => true,
            Self::Sized(rest) => rest == 0,
            Self::Chunked(chunks) => chunks.is_complete(),
            Self::Refused => false,
        }
    }

    /// Returns how many of these bytes belong to the body.
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

/// The state of the current request, which the connection shares with the layer that receives requests.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Rc<Current>);

#[derive(Default)]
struct Current {
    /// The number of requests that handlers process.
    count: Cell<usize>,
    body: Cell<Body>,
}

/// A request that handlers process, until this guard is dropped.
pub(crate) struct Responding(InFlight);

impl InFlight {
    /// Records that handlers process a request with this body. The connection hands over only bodies that are recorded.
    pub(crate) fn begin(&self, body: Body) -> Responding {
        self.0.count.set(self.0.count.get() + 1);
        self.0.body.set(body);
        Responding(self.clone())
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

impl Drop for Responding {
    fn drop(&mut self) {
        let count = &self.0.0.count;
        count.set(count.get() - 1);
    }
}

enum Stage {
    /// Reads return the head of a request.
    Head(Head),
    /// The head was handed over. Reads return the body, and no bytes after it.
    Request { is_responded: bool },
    /// Reads return no more bytes.
    Ended,
}

/// The bytes that have arrived, and the part of them that the dispatcher may have.
pub(super) struct Input {
    stage: Stage,
    in_flight: InFlight,
    /// The bytes that were read and must not be handed over yet.
    ahead: BytesMut,
    /// The longest head that is handed over, in bytes.
    most_head: usize,
    /// Whether chunks were handed over, so that the next read must return no bytes.
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

    /// Records that the response has been written to the socket.
    pub(super) fn mark_responded(&mut self) {
        if let Stage::Request { is_responded } = &mut self.stage {
            *is_responded = true;
        }
    }

    /// Advances to the next request if the response to this one is complete. If the body has not arrived by then, the
    /// connection ends, as the dispatcher announces in its response.
    pub(super) fn advance(&mut self) {
        if !matches!(self.stage, Stage::Request { is_responded: true }) || self.in_flight.is_any() {
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

    /// Whether the dispatcher must decode its buffer before it reads again. It would otherwise read as long as bytes
    /// arrive, and a chunk of a few bytes takes many more in its memory.
    pub(super) fn pauses(&mut self) -> bool {
        mem::take(&mut self.is_pausing)
    }

    /// Whether bytes wait to be handed over.
    pub(super) fn is_waiting(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Whether the peer has sent, or has announced, more bytes than were handed over.
    pub(super) fn has_more(&self) -> bool {
        self.is_waiting() || !self.in_flight.0.body.get().is_complete()
    }

    pub(super) fn is_full(&self) -> bool {
        self.ahead.len() >= MOST_AHEAD
    }

    /// Hands over the waiting bytes that the dispatcher may have. Returns whether there were any.
    pub(super) fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if self.ahead.is_empty() {
            return false;
        }
        let most = self.ahead.len().min(buffer.remaining());
        let mut ahead = mem::take(&mut self.ahead);
        let count = self.admit(&mut ahead[..most]);
        buffer.put_slice(&ahead[..count]);
        ahead.advance(count);
        // An empty buffer is dropped to free its memory.
        if !ahead.is_empty() {
            self.ahead = ahead;
        }
        count > 0
    }

    /// Removes from the bytes after the first `before` those that the dispatcher must not have yet. Returns whether any
    /// are left.
    pub(super) fn hold_back(&mut self, buffer: &mut ReadBuf<'_>, before: usize) -> bool {
        let read = &mut buffer.filled_mut()[before..];
        let count = self.admit(read);
        if count < read.len() {
            self.ahead.extend_from_slice(&read[count..]);
            buffer.set_filled(before + count);
        }
        count > 0
    }

    /// Returns how many of these bytes the dispatcher may have now.
    fn admit(&mut self, bytes: &mut [u8]) -> usize {
        match &mut self.stage {
            Stage::Head(head) => match head.find_end(bytes) {
                Some(end) if head.length() <= self.most_head => {
                    self.in_flight.0.body.set(Body::None);
                    self.stage = Stage::Request {
                        is_responded: false,
                    };
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
