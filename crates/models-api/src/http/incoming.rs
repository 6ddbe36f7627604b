//! The body of a request whose handler reads it.

use actix_http::Payload;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::oneshot;

use crate::dialects::openai::error::ApiError;

/// A body that has not been read. It is in the extensions of the request. The service buffers nothing of it until a
/// handler reads it, so that a client without a valid key costs no memory.
pub(crate) struct Incoming(oneshot::Sender<oneshot::Sender<Result<Bytes, ApiError>>>);

impl Incoming {
    /// Starts a task that waits for a handler to read this payload. If no handler does, the task reads the payload to its
    /// end and drops it: an unread body would fill the dispatcher's buffer, and the connection would neither continue nor
    /// close.
    pub(crate) fn new(mut payload: Payload, most: u64) -> Self {
        let (this, wanted) = oneshot::channel::<oneshot::Sender<_>>();
        actix_web::rt::spawn(async move {
            if let Ok(reader) = wanted.await {
                let body = collect(&mut payload, most).await;
                // The reader may have given up.
                let _ = reader.send(body);
            }
            while let Some(Ok(_)) = payload.next().await {}
        });
        Self(this)
    }

    /// Reads the whole body.
    pub(crate) async fn read(self) -> Result<Bytes, ApiError> {
        let (reader, body) = oneshot::channel();
        let is_wanted = self.0.send(reader).is_ok();
        match body.await {
            Ok(body) if is_wanted => body,
            Ok(_) | Err(_) => Err(ApiError::Fault("nothing reads the body".to_owned())),
        }
    }
}

/// Collects a body of at most `most` bytes.
async fn collect(payload: &mut Payload, most: u64) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| ApiError::BadRequest("The body is incomplete."))?;
        if body.len() as u64 + piece.len() as u64 > most {
            return Err(ApiError::BodyTooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn a_body_is_read_whole_up_to_the_limit() {
        LocalSet::new().run_until(read_bodies()).await;
    }

    async fn read_bodies() {
        for (most, is_read) in [(3, true), (2, false)] {
            let incoming = Incoming::new(Payload::from(Bytes::from_static(b"abc")), most);
            let expected = if is_read {
                Ok(Bytes::from_static(b"abc"))
            } else {
                Err(ApiError::BodyTooLarge)
            };
            assert_eq!(incoming.read().await, expected);
        }
        let nothing = Incoming::new(Payload::None, 0);
        assert_eq!(nothing.read().await, Ok(Bytes::new()));
    }
}
