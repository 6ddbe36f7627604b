//! The body of a request whose handler reads it.

use std::sync::Arc;

use actix_http::Payload;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::dialects::openai::error::ApiError;

/// A permit covers this number of bytes.
const PERMIT: u64 = 1 << 10;

/// The memory that bodies may take together. A body takes it before it is read, and returns it when it is dropped.
#[derive(Clone)]
pub(crate) struct BodyMemory(Arc<Semaphore>);

impl BodyMemory {
    /// Memory for this number of bytes.
    pub(crate) fn new(bytes: u32) -> Self {
        let permits = bytes / u32::try_from(PERMIT).unwrap_or(u32::MAX);
        Self(Arc::new(Semaphore::new(permits as usize)))
    }

    /// Waits for memory for this number of bytes.
    async fn take(&self, bytes: u64) -> Result<OwnedSemaphorePermit, ApiError> {
        let permits = u32::try_from(bytes.div_ceil(PERMIT)).unwrap_or(u32::MAX);
        let taken = self.0.clone().acquire_many_owned(permits).await;
        taken.map_err(|error| ApiError::Fault(error.to_string()))
    }
}

type Collected = Result<Bytes, ApiError>;

/// A body that has not been read. It is in the extensions of the request. The service buffers nothing of it until a
/// handler reads it, so that a client without a valid key costs no memory.
pub(crate) struct Incoming {
    wanted: oneshot::Sender<oneshot::Sender<Collected>>,
    memory: BodyMemory,
    /// The number of bytes to take from `memory`.
    expected: u64,
}

/// A body that was read.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

impl Incoming {
    /// Starts a task that waits for a handler to read this payload. If no handler does, the task reads the payload to its
    /// end and drops it: an unread body would fill the dispatcher's buffer, and the connection would neither continue nor
    /// close. The body may have `most` bytes; the client announces `announced`.
    pub(crate) fn new(
        mut payload: Payload,
        announced: Option<u64>,
        most: u64,
        memory: BodyMemory,
    ) -> Self {
        let (wanted, wants) = oneshot::channel::<oneshot::Sender<Collected>>();
        actix_web::rt::spawn(async move {
            if let Ok(mut reader) = wants.await {
                tokio::select! {
                    body = collect(&mut payload, most) => {
                        // The request may have run out of time.
                        let _ = reader.send(body);
                    }
                    () = reader.closed() => {}
                }
            }
            while let Some(Ok(_)) = payload.next().await {}
        });
        let expected = announced.unwrap_or(most).min(most);
        Self {
            wanted,
            memory,
            expected,
        }
    }

    /// Waits for memory, and reads the whole body.
    pub(crate) async fn read(self) -> Result<Received, ApiError> {
        let memory = self.memory.take(self.expected).await?;
        let (reader, body) = oneshot::channel();
        let is_wanted = self.wanted.send(reader).is_ok();
        match body.await {
            Ok(body) if is_wanted => Ok(Received {
                bytes: body?,
                _memory: memory,
            }),
            Ok(_) | Err(_) => Err(ApiError::Fault("nothing reads the body".to_owned())),
        }
    }
}

/// Collects a body of at most `most` bytes.
async fn collect(payload: &mut Payload, most: u64) -> Collected {
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
    use std::time::Duration;

    use actix_http::h1;
    use tokio::task::LocalSet;

    use super::*;

    fn incoming(memory: &BodyMemory, announced: Option<u64>, most: u64) -> Incoming {
        let payload = Payload::from(Bytes::from_static(b"abc"));
        Incoming::new(payload, announced, most, memory.clone())
    }

    #[tokio::test]
    async fn a_body_is_read_whole_up_to_the_limit() {
        LocalSet::new().run_until(read_bodies()).await;
    }

    async fn read_bodies() {
        let memory = BodyMemory::new(1 << 20);
        for (most, is_read) in [(3, true), (2, false)] {
            let read = incoming(&memory, Some(3), most).read().await;
            let expected = if is_read {
                Ok(Bytes::from_static(b"abc"))
            } else {
                Err(ApiError::BodyTooLarge)
            };
            assert_eq!(read.map(|received| received.bytes), expected);
        }
        let nothing = Incoming::new(Payload::None, None, 0, memory);
        assert_eq!(nothing.read().await.unwrap().bytes, Bytes::new());
    }

    #[tokio::test]
    async fn bodies_share_their_memory() {
        LocalSet::new().run_until(share_memory()).await;
    }

    async fn share_memory() {
        let memory = BodyMemory::new(3 << 10);
        // A body without an announced length takes as much as it may have.
        let first = incoming(&memory, None, 2 << 10).read().await.unwrap();
        let second = incoming(&memory, Some(3), 2 << 10).read().await.unwrap();
        let mut third = Box::pin(incoming(&memory, Some(3), 2 << 10).read());
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        assert!(third.await.is_ok());
        drop(second);
        assert_eq!(memory.0.available_permits(), 3);
    }

    #[tokio::test]
    async fn a_body_that_nobody_waits_for_is_not_buffered() {
        LocalSet::new().run_until(stop_waiting()).await;
    }

    async fn stop_waiting() {
        let memory = BodyMemory::new(1 << 10);
        let (mut sender, payload) = h1::Payload::create(false);
        let incoming = Incoming::new(Payload::from(payload), Some(10), 10, memory.clone());
        let read = tokio::time::timeout(Duration::from_millis(1), incoming.read());
        assert!(read.await.is_err());
        assert_eq!(memory.0.available_permits(), 1);
        sender.feed_data(Bytes::from_static(b"more than ten bytes"));
        sender.feed_eof();
        // The task reads the rest, and ends.
        while !sender.is_dropped() {
            tokio::task::yield_now().await;
        }
    }
}
