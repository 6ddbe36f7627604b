//! The body of a response: one or several pieces of bytes that many responses share.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// The longest body that is handed out whole, in bytes: a list of about a thousand models. The dispatcher copies such a
/// body whole into the connection's buffer.
const WHOLE: usize = 128 * 1024;
/// The longest piece that is handed out, in bytes.
///
/// The dispatcher writes each piece by itself, so short pieces cost more than their bytes. A piece and a head fit into
/// the 128 KiB that the dispatcher keeps of a connection's buffer, if the client reads at once. For a slow client, the
/// dispatcher appends the next piece to up to 32 KiB of the last one. The buffer then grows, and is freed when it is
/// empty. Pieces of 64 KiB would fit even then, but cost fast clients a quarter more.
const PIECE: usize = 120 * 1024;
/// Pieces that are shorter than this, in bytes, are copied together where they follow each other, because to hand out a
/// piece costs more than to copy so few bytes. A list in which own and public models alternate has a piece for each.
const SHORT: usize = 4 * 1024;

/// The bytes of a representation.
#[derive(Clone)]
pub(crate) enum Content {
    /// One piece.
    Whole(Bytes),
    /// Pieces that other representations may share.
    Pieces(Arc<Pieces>),
}

/// Bytes in several pieces.
pub(crate) struct Pieces {
    pieces: Box<[Bytes]>,
    length: usize,
}

impl Content {
    /// Concatenates these pieces without a copy.
    pub(crate) fn of_pieces(pieces: Vec<Bytes>) -> Self {
        Self::Pieces(Arc::new(Pieces {
            length: pieces.iter().map(Bytes::len).sum(),
            pieces: pieces.into(),
        }))
    }

    /// The length in bytes.
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

    /// Returns the bytes in one piece. Copies them if there are several pieces.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Pieces(pieces) => pieces.pieces.concat().into(),
        }
    }

    /// Returns a body with these bytes, without a copy.
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

/// The unsent part of a body.
struct Unsent {
    content: Content,
    /// The index of the first piece that is still whole.
    next: usize,
    /// The unsent rest of the piece before it.
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
            let pieces = this.content.pieces().get(this.next..).unwrap_or_default();
            let Some(first) = pieces.first() else {
                return Poll::Ready(None);
            };
            let short = short(pieces);
            this.rest = if short.len() > 1 {
                short.concat().into()
            } else {
                first.clone()
            };
            this.next += short.len().max(1);
        }
        if this.rest.len() <= PIECE {
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.rest))));
        }
        Poll::Ready(Some(Ok(this.rest.split_to(PIECE))))
    }
}

/// The short pieces that these begin with, together no longer than a [`PIECE`].
fn short(pieces: &[Bytes]) -> &[Bytes] {
    let mut length = 0;
    let is_short = |piece: &&Bytes| {
        length += piece.len();
        piece.len() < SHORT && length <= PIECE
    };
    let count = pieces.iter().take_while(is_short).count();
    &pieces[..count]
}

#[cfg(test)]
mod tests {
    use actix_http::body::to_bytes;

    use super::*;

    async fn parts(content: Content) -> Vec<Bytes> {
        let mut body = std::pin::pin!(content.into_body());
        let mut parts = vec![];
        while let Some(part) = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            parts.push(part.unwrap());
        }
        parts
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_sent_in_order_and_no_long_piece_is_copied() {
        for lengths in [
            &[][..],
            &[0],
            &[3],
            &[0, 1, 0, 2],
            &[SHORT - 1, SHORT, 1],
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
                for part in parts(content.clone()).await {
                    assert!((1..=WHOLE).contains(&part.len()));
                    let is_within = |piece: &Bytes| piece.as_ptr_range().contains(&part.as_ptr());
                    let is_copied = !content.pieces().iter().any(is_within);
                    assert!(!is_copied || part.len() < SHORT);
                }
            }
        }
    }

    #[tokio::test]
    async fn short_pieces_that_follow_each_other_are_sent_together() {
        let count = 2 * PIECE / 256;
        let mut pieces = vec![Bytes::from(vec![b'a'; 256]); count + 1];
        let long = Bytes::from(vec![b'b'; SHORT]);
        pieces.push(long.clone());
        let content = Content::of_pieces(pieces);
        let parts = parts(content.clone()).await;
        let lengths: Vec<usize> = parts.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [PIECE, PIECE, 256, SHORT]);
        assert_eq!(parts[3].as_ptr(), long.as_ptr());
        assert_eq!(parts.concat(), content.to_bytes());
    }
}
