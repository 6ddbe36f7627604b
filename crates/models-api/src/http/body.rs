//! The body of a long answer, handed out in pieces: a body handed out whole is copied whole into
//! each connection's buffer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// The longest body that is handed out whole, in bytes: one of a thousand models. In pieces it takes
/// longer, since each is written by itself.
pub(crate) const WHOLE: usize = 128 * 1024;
/// The longest piece, in bytes.
const PIECE: usize = 64 * 1024;

/// What is still to be sent of some bytes that many answers share.
pub(crate) struct Pieces(Bytes);

impl Pieces {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let rest = &mut self.get_mut().0;
        if rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = rest.len().min(PIECE);
        Poll::Ready(Some(Ok(rest.split_to(length))))
    }
}
