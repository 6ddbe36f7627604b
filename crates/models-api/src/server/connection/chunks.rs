//! Finds the end of a chunked body. It accepts exactly the bytes that the dispatcher's decoder accepts.

/// The state after the part of a body that has arrived.
#[derive(Clone, Copy, Default)]
pub(crate) struct Chunks(Place);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Before the first digit of a size.
    #[default]
    FirstDigit,
    Size(u64),
    /// White space after a size.
    Space(u64),
    Extension(u64),
    SizeFeed(u64),
    Data(u64),
    DataReturn,
    DataFeed,
    Trailer,
    TrailerFeed,
    LastReturn,
    LastFeed,
    Complete,
    /// After a byte that the decoder refuses.
    Broken,
}

impl Chunks {
    pub(super) fn is_complete(self) -> bool {
        self.0 == Place::Complete
    }

    /// Returns how many of the next bytes belong to the body. A byte that the decoder refuses is the last one.
    pub(super) fn admit(&mut self, bytes: &[u8]) -> usize {
        let mut count = 0;
        while let Some(byte) = bytes.get(count) {
            if matches!(self.0, Place::Complete | Place::Broken) {
                break;
            }
            let Place::Data(rest) = self.0 else {
                self.0 = self.0.after(*byte);
                count += 1;
                continue;
            };
            let here = bytes.len() - count;
            let taken = usize::try_from(rest).map_or(here, |rest| rest.min(here));
            count += taken;
            self.0 = match rest - taken as u64 {
                0 => Place::DataReturn,
                rest => Place::Data(rest),
            };
        }
        count
    }
}

impl Place {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::FirstDigit, _) => digit(byte).map_or(Self::Broken, Self::Size),
            (Self::Size(size) | Self::Space(size) | Self::Extension(size), b'\r') => {
                Self::SizeFeed(size)
            }
            (Self::Size(size) | Self::Space(size), b'\t' | b' ') => Self::Space(size),
            (Self::Size(size) | Self::Space(size), b';') => Self::Extension(size),
            (Self::Size(size), _) => match (size.checked_mul(16), digit(byte)) {
                (Some(size), Some(digit)) => Self::Size(size + digit),
                (_, _) => Self::Broken,
            },
            (Self::Extension(_), 0..=8 | 10..=31 | 127) => Self::Broken,
            (Self::Extension(size), _) => Self::Extension(size),
            (Self::SizeFeed(0) | Self::TrailerFeed, b'\n') => Self::LastReturn,
            (Self::SizeFeed(size), b'\n') => Self::Data(size),
            (Self::DataReturn, b'\r') => Self::DataFeed,
            (Self::DataFeed, b'\n') => Self::FirstDigit,
            (Self::LastReturn, b'\r') => Self::LastFeed,
            (Self::LastFeed, b'\n') => Self::Complete,
            (Self::Trailer, b'\r') => Self::TrailerFeed,
            (Self::LastReturn | Self::Trailer, _) => Self::Trailer,
            (
                Self::Space(_)
                | Self::SizeFeed(_)
                | Self::DataReturn
                | Self::DataFeed
                | Self::TrailerFeed
                | Self::LastFeed
                | Self::Data(_)
                | Self::Complete
                | Self::Broken,
                _,
            ) => Self::Broken,
        }
    }
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use actix_http::h1::{Codec, Message};
    use actix_web::rt::Runtime;
    use actix_web::web::BytesMut;
    use proptest::prelude::*;
    use tokio_util::codec::Decoder;

    use super::*;

    const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

    /// Returns the length of the body according to the dispatcher's decoder, or `None` if the body is not complete.
    fn decoded(body: &[u8]) -> Option<usize> {
        // The codec's clock is a task of the runtime.
        let mut codec = Runtime::new().unwrap().block_on(async { Codec::default() });
        let mut buffer = BytesMut::from([HEAD, body].concat().as_slice());
        codec.decode(&mut buffer).unwrap().unwrap();
        while let Some(message) = codec.decode(&mut buffer).ok()? {
            if matches!(message, Message::Chunk(None)) {
                return Some(body.len() - buffer.len());
            }
        }
        None
    }

    proptest! {
        #[test]
        fn a_body_ends_where_the_decoder_ends_it(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "5\r\nhello\r\n", "0\r\n", "\r\n", "A\r\n0123456789\r\n", "1;a=b\r\nx\r\n",
                    "2 \t\r\nxx\r\n", "0;a\r\n", "T: v\r\n", "T: v\n", "00\r\n", "\n", "\r", "0",
                    "zz\r\n", "ffffffffffffffff0\r\n", "3;\x01\r\nabc\r\n", "GET / HTTP/1.1\r\n\r\n",
                ]),
                0..9,
            ),
            cut in 0_usize..60,
        ) {
            let body = parts.concat().into_bytes();
            let cut = cut.min(body.len());
            let mut chunks = Chunks::default();
            let first = chunks.admit(&body[..cut]);
            let count = if first < cut { first } else { first + chunks.admit(&body[cut..]) };
            prop_assert_eq!(chunks.is_complete().then_some(count), decoded(&body), "{:?}", parts.concat());
        }
    }
}
