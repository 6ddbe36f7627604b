//! A body that its handler reads piece by piece.

use std::io;

use actix_http::Payload;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

/// A body that arrives. It is in the extensions of the request. At most one piece waits for the handler.
pub(crate) struct Streamed(mpsc::Receiver<io::Result<Bytes>>);

impl Streamed {
    /// Starts a task that passes on the pieces of this payload. If the handler takes no further piece, the task reads the
    /// payload to its end and drops it: an unread body would fill the dispatcher's buffer, and the connection would
    /// neither continue nor close. The body may have `most` bytes.
    pub(crate) fn new(mut payload: Payload, most: u64) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        actix_web::rt::spawn(async move {
            let mut rest = most;
            let mut is_wanted = true;
            while let Some(piece) = payload.next().await {
                let is_broken = piece.is_err();
                if is_wanted {
                    let piece = piece.map_err(io::Error::other).and_then(|piece| {
                        let left = rest.checked_sub(piece.len() as u64);
                        rest = left.ok_or(io::ErrorKind::FileTooLarge)?;
                        Ok(piece)
                    });
                    let is_last = piece.is_err();
                    is_wanted = sender.send(piece).await.is_ok() && !is_last;
                }
                if is_broken {
                    break;
                }
            }
        });
        Self(receiver)
    }

    /// The next piece.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        self.0.recv().await
    }

    /// The remaining pieces.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::unfold(self.0, async |mut pieces| {
            let piece = pieces.recv().await?;
            Some((piece, pieces))
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_http::h1;
    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn a_body_arrives_in_pieces_up_to_its_limit() {
        LocalSet::new().run_until(read_pieces()).await;
    }

    async fn read_pieces() {
        for (most, last) in [(6, None), (5, Some(io::ErrorKind::FileTooLarge))] {
            let (mut sender, payload) = h1::Payload::create(false);
            let mut body = Streamed::new(Payload::from(payload), most);
            for piece in [&b"abc"[..], b"def"] {
                sender.feed_data(Bytes::from_static(piece));
            }
            sender.feed_eof();
            assert_eq!(body.next().await.unwrap().unwrap(), "abc");
            let second = body.next().await.unwrap();
            assert_eq!(second.as_ref().err().map(io::Error::kind), last);
            assert!(body.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_body_that_nobody_reads_is_dropped() {
        LocalSet::new().run_until(drop_pieces()).await;
    }

    async fn drop_pieces() {
        let (mut sender, payload) = h1::Payload::create(false);
        drop(Streamed::new(Payload::from(payload), 10));
        for _ in 0..3 {
            sender.feed_data(Bytes::from_static(b"more than ten bytes"));
            tokio::task::yield_now().await;
        }
        sender.feed_eof();
        while !sender.is_dropped() {
            tokio::task::yield_now().await;
        }
    }
}
