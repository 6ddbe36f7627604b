//! The list object of a view: its plain bytes, and compressed ones once clients have used it enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_http::header::HeaderValue;
use actix_web::web::{Buf, Bytes};
use arc_swap::ArcSwapOption;

use crate::http::body::Content;
use crate::http::coding::{Accepted, Coding};
use crate::http::conditional::matches;
use crate::http::representation::{ETAG_LENGTH, Representation, etag_header, write_etag};

pub(super) const BEGIN: &[u8] = br#"{"object":"list","data":["#;
pub(super) const END: &[u8] = b"]}";

/// A list of at most this many bytes fits into one packet and is never compressed.
const SMALL: usize = 1_400;
/// A list of more bytes than this is compressed as soon as one client accepts a coding. A shorter list is compressed
/// after [`OFTEN`] such requests.
const LARGE: usize = 16 * 1024;
const OFTEN: u32 = 3;
/// The length of the longest validator with the name of a coding.
const LONGEST_ETAG: usize = ETAG_LENGTH + "-zstd".len();

/// Composes a list object from slices of other lists.
#[derive(Default)]
pub(super) struct Composition {
    pieces: Vec<Bytes>,
}

impl Composition {
    /// Appends consecutive objects. The first byte of `objects` is the separator before the first object.
    pub(super) fn append(&mut self, mut objects: Bytes) {
        let Some(before) = objects.first().copied() else {
            return;
        };
        if self.pieces.is_empty() {
            self.pieces.push(Bytes::from_static(BEGIN));
            objects.advance(1);
        } else if before != b',' {
            self.pieces.push(Bytes::from_static(b","));
            objects.advance(1);
        }
        self.pieces.push(objects);
    }

    pub(super) fn into_content(mut self) -> Content {
        if self.pieces.is_empty() {
            self.pieces.push(Bytes::from_static(BEGIN));
        }
        self.pieces.push(Bytes::from_static(END));
        Content::of_pieces(self.pieces)
    }
}

/// The list object of a view.
pub(crate) struct List {
    plain: Representation,
    encoded: [Encoded; Coding::ALL.len()],
    /// The number of requests that accepted a coding which did not exist. It is counted up to [`OFTEN`].
    missed: AtomicU32,
}

/// The list in one coding.
struct Encoded {
    /// The validator of the plain list with the coding's name. It is known before the bytes exist, and the same on every
    /// node.
    etag: HeaderValue,
    /// The compressed list. It is empty if compression does not make the list shorter.
    body: ArcSwapOption<Bytes>,
    is_begun: AtomicBool,
}

impl List {
    /// The memory of a list without its contents, in bytes.
    pub(super) const WEIGHT: usize = size_of::<Self>() + (Coding::ALL.len() + 1) * LONGEST_ETAG;

    pub(super) fn new(content: Content) -> Self {
        let mut plain = vec![];
        write_etag(content.pieces().iter().map(|piece| &piece[..]), &mut plain);
        let mut etags = plain.clone();
        for coding in Coding::ALL {
            etags.extend_from_slice(&plain[..ETAG_LENGTH - 1]);
            etags.extend_from_slice(b"-");
            etags.extend_from_slice(coding.name().as_bytes());
            etags.extend_from_slice(b"\"");
        }
        let mut etags = Bytes::from(etags);
        let plain = Representation {
            content,
            etag: etag_header(etags.split_to(ETAG_LENGTH)),
            coding: None,
        };
        let encoded = Coding::ALL.map(|coding| Encoded {
            etag: etag_header(etags.split_to(ETAG_LENGTH + 1 + coding.name().len())),
            body: ArcSwapOption::empty(),
            is_begun: AtomicBool::new(false),
        });
        Self {
            plain,
            encoded,
            missed: AtomicU32::new(0),
        }
    }

    /// The validator of the plain list.
    pub(crate) fn etag(&self) -> HeaderValue {
        self.plain.etag.clone()
    }

    /// Returns the best available representation for a client that accepts these codings. Also returns a better coding,
    /// if the caller must now encode the list in it.
    pub(crate) fn choose(&self, accepted: Accepted) -> (Representation, Option<Coding>) {
        let mut wanted = None;
        for coding in accepted.in_order() {
            let encoded = self.of(coding);
            match encoded.body.load().as_deref() {
                Some(body) if body.is_empty() => {}
                Some(body) => {
                    let representation = Representation {
                        content: Content::Whole(body.clone()),
                        etag: encoded.etag.clone(),
                        coding: Some(coding),
                    };
                    return (representation, wanted);
                }
                None => wanted = wanted.or_else(|| self.is_due(encoded).then_some(coding)),
            }
        }
        (self.plain.clone(), wanted)
    }

    /// Returns the validator that one of these conditions names, if the client accepts its coding. The validators of all
    /// codings are known, even if this node has not encoded the list.
    pub(crate) fn validator<'a>(
        &self,
        mut conditions: impl Iterator<Item = &'a HeaderValue>,
        accepted: Accepted,
    ) -> Option<HeaderValue> {
        conditions.find_map(|condition| {
            let encoded = accepted.in_order().map(|coding| &self.of(coding).etag);
            encoded
                .chain([&self.plain.etag])
                .find(|etag| matches(condition, etag))
                .cloned()
        })
    }

    /// Encodes the list, which takes tens of milliseconds for a megabyte.
    pub(crate) fn encode(&self, coding: Coding) {
        let plain = self.plain.content.to_bytes();
        let encoded = coding.encode(&plain).unwrap_or_else(|error| {
            tracing::error!(%error, coding = coding.name(), "failed to encode a list");
            vec![]
        });
        let is_shorter = encoded.len() < plain.len();
        let body = if is_shorter { encoded } else { vec![] };
        let body = Arc::new(Bytes::from(body));
        self.of(coding).body.store(Some(body));
    }

    /// Marks the coding as not begun, because the list was not encoded.
    pub(crate) fn postpone(&self, coding: Coding) {
        self.of(coding).is_begun.store(false, Ordering::Relaxed);
    }

    /// Frees the memory of all codings. Later requests cause them to be encoded again.
    pub(super) fn shed(&self) {
        for encoded in &self.encoded {
            if encoded.body.swap(None).is_some() {
                encoded.is_begun.store(false, Ordering::Relaxed);
            }
        }
    }

    /// The total length of the encoded lists, in bytes.
    pub(super) fn encoded_bytes(&self) -> usize {
        let bodies = self.encoded.iter().map(|encoded| encoded.body.load());
        bodies
            .map(|body| body.as_ref().map_or(0, |body| body.len()))
            .sum()
    }

    fn of(&self, coding: Coding) -> &Encoded {
        &self.encoded[coding as usize]
    }

    /// Whether the list should now be encoded. Returns `true` to one caller only.
    fn is_due(&self, encoded: &Encoded) -> bool {
        let length = self.plain.content.len();
        if length <= SMALL || encoded.is_begun.load(Ordering::Relaxed) {
            return false;
        }
        let is_worth_it =
            length > LARGE || self.missed.fetch_add(1, Ordering::Relaxed) + 1 >= OFTEN;
        is_worth_it && !encoded.is_begun.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(length: usize) -> List {
        List::new(Content::Whole(Bytes::from(vec![b'a'; length])))
    }

    fn accepted(value: &'static str) -> Accepted {
        Accepted::of([&HeaderValue::from_static(value)])
    }

    #[test]
    fn a_large_list_is_encoded_at_the_first_request_and_once() {
        let list = list(LARGE + 1);
        let (plain, wanted) = list.choose(accepted("gzip"));
        assert_eq!((plain.coding, wanted), (None, Some(Coding::Gzip)));
        assert_eq!(list.choose(accepted("gzip")).1, None);
        list.postpone(Coding::Gzip);
        assert_eq!(list.choose(accepted("gzip")).1, Some(Coding::Gzip));
        list.encode(Coding::Gzip);
        let (short, wanted) = list.choose(accepted("gzip"));
        assert_eq!((short.coding, wanted), (Some(Coding::Gzip), None));
        assert_ne!(short.etag, plain.etag);
        assert!((1..LARGE).contains(&list.encoded_bytes()));
        let (second_best, wanted) = list.choose(accepted("gzip, br"));
        assert_eq!(
            (second_best.coding, wanted),
            (Some(Coding::Gzip), Some(Coding::Br))
        );
        assert_eq!(list.choose(Accepted::default()).0.coding, None);
    }

    #[test]
    fn a_freed_coding_is_encoded_again() {
        let list = list(LARGE + 1);
        list.choose(accepted("gzip, br"));
        list.encode(Coding::Gzip);
        list.shed();
        assert_eq!(list.encoded_bytes(), 0);
        let (plain, wanted) = list.choose(accepted("gzip"));
        assert_eq!((plain.coding, wanted), (None, Some(Coding::Gzip)));
        // The encoder still works on the other coding.
        assert_eq!(list.choose(accepted("br")).1, None);
    }

    #[test]
    fn the_validator_of_a_coding_is_the_plain_validator_and_the_coding() {
        let list = list(10);
        let plain = list
            .plain
            .etag
            .to_str()
            .unwrap()
            .trim_matches('"')
            .to_owned();
        assert_eq!(plain, "bf2cb58a68f684d95a3b78ef8f661c9a");
        for coding in Coding::ALL {
            let expected = format!("\"{plain}-{}\"", coding.name());
            assert_eq!(list.of(coding).etag, expected);
        }
    }

    #[test]
    fn a_short_list_is_encoded_after_three_requests_and_a_small_one_never() {
        let short = list(SMALL + 1);
        let wanted: Vec<_> = (0..4).map(|_| short.choose(accepted("br")).1).collect();
        assert_eq!(wanted, [None, None, Some(Coding::Br), None]);
        assert!((0..9).all(|_| list(SMALL).choose(accepted("br")).1.is_none()));
    }

    #[test]
    fn a_list_that_does_not_become_shorter_is_sent_uncompressed() {
        let list = list(10);
        list.encode(Coding::Gzip);
        let (representation, _) = list.choose(accepted("gzip"));
        assert_eq!(representation.coding, None);
    }

    #[test]
    fn a_condition_matches_any_coding_that_the_client_accepts() {
        let list = list(10);
        let gzip = list.of(Coding::Gzip).etag.clone();
        let found = |accepted| list.validator([&gzip].into_iter(), accepted);
        assert_eq!(found(accepted("gzip, br")), Some(gzip.clone()));
        assert_eq!(found(accepted("br")), None);
        let any = HeaderValue::from_static("*");
        assert_eq!(
            list.validator([&any].into_iter(), Accepted::default()),
            Some(list.plain.etag.clone())
        );
    }
}
