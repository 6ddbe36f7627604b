//! The body of a response: bytes that many responses share, in one piece or in several.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// The longest body that is handed out whole, in bytes: one of a thousand models. A body handed out whole is copied
/// whole into each connection's buffer.
const WHOLE: usize = 128 * 1024;
/// The longest piece that is handed out, in bytes. Each is written by itself, which costs more than its bytes if it is
/// short. With a head before it, it fits into the 128 KiB that the dispatcher keeps of a connection's buffer, as long as
/// the client reads what is written. For a slow reader the dispatcher appends the next piece to up to 32 KiB of the one
/// before: the buffer then grows, is given back once all of it is written, and is allocated anew. Pieces of 64 KiB, which
/// fit even then, cost a quarter more for all who read as fast as is written.
const PIECE: usize = 120 * 1024;

/// The bytes of a representation.
#[derive(Clone)]
pub(crate) enum Content {
    /// All in one piece.
    Whole(Bytes),
    /// In pieces that other representations have too.
    Pieces(Arc<Pieces>),
}

/// Bytes in several pieces.
pub(crate) struct Pieces {
    pieces: Box<[Bytes]>,
    length: usize,
}

impl Content {
    /// These pieces, one after the other.
    pub(crate) fn of_pieces(pieces: Vec<Bytes>) -> Self {
        Self::Pieces(Arc::new(Pieces {
            length: pieces.iter().map(Bytes::len).sum(),
            pieces: pieces.into(),
        }))
    }

    /// In bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Pieces(pieces) => pieces.length,
        }
    }

    /// The pieces, in order.
    pub(crate) fn pieces(&self) -> &[Bytes] {
        match self {
            Self::Whole(bytes) => std::slice::from_ref(bytes),
            Self::Pieces(pieces) => &pieces.pieces,
        }
    }

    /// The bytes in one piece. Copies them if they are in several.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Pieces(pieces) => pieces.pieces.concat().into(),
        }
    }

    /// The body of a response with these bytes, which are not copied.
    pub(crate) fn into_body(self) -> BoxBody {
        match self {
            Self::Whole(bytes) if bytes.len() <= WHOLE => BoxBody::new(bytes),
            Self::Whole(_) | Self::Pieces(_) => BoxBody::new(Unsent {
                content: self,
                next: 0,
                rest: Bytes::new(),
            }),
        }
    }
}

/// What is still to be sent of a body.
struct Unsent {
    content: Content,
    /// The first piece of which nothing has been handed out.
    next: usize,
    /// The rest of the piece before it.
    rest: Bytes,
}

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.content.len() as u64)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            let Some(piece) = this.content.pieces().get(this.next) else {
                return Poll::Ready(None);
            };
            this.rest = piece.clone();
            this.next += 1;
        }
        if this.rest.len() <= PIECE {
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.rest))));
        }
        Poll::Ready(Some(Ok(this.rest.split_to(PIECE))))
    }
}

#[cfg(test)]
mod tests {
    use actix_http::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_body_in_pieces_is_sent_in_order_and_copied_by_nobody() {
        for lengths in [
            &[][..],
            &[0],
            &[3],
            &[0, 1, 0, 2],
            &[WHOLE],
            &[WHOLE + 1],
            &[PIECE, 1, PIECE + 1, 3 * PIECE],
        ] {
            let pieces = lengths
                .iter()
                .zip(b'a'..)
                .map(|(length, byte)| vec![byte; *length]);
            let pieces: Vec<Bytes> = pieces.map(Bytes::from).collect();
            let whole: Bytes = pieces.concat().into();
            for content in [
                Content::of_pieces(pieces.clone()),
                Content::Whole(whole.clone()),
            ] {
                assert_eq!(
                    (content.len(), content.to_bytes()),
                    (whole.len(), whole.clone())
                );
                let length = whole.len() as u64;
                let body = content.clone().into_body();
                assert_eq!(body.size(), BodySize::Sized(length));
                assert_eq!(to_bytes(body).await.unwrap(), whole);
                let mut body = std::pin::pin!(content.clone().into_body());
                while let Some(part) = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await
                {
                    let part = part.unwrap();
                    assert!((1..=WHOLE).contains(&part.len()));
                    let is_within = |piece: &Bytes| piece.as_ptr_range().contains(&part.as_ptr());
                    assert!(content.pieces().iter().any(is_within));
                }
            }
        }
    }
}
