//! A list as it is and, once it is worth it, in the codings that clients take.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::RepositoryError;

use crate::http::coding::{Accepted, Coding};
use crate::http::conditional::matches;
use crate::http::representation::Representation;

/// A list that is not longer than this fits into a packet as it is.
const SMALL: usize = 1_400;
/// A list that is longer than this is encoded as soon as somebody takes a coding of it; a shorter
/// one when it has been asked for so often.
const LARGE: usize = 16 * 1024;
const OFTEN: u32 = 3;

/// The list object of a view.
pub(crate) struct List {
    plain: Representation,
    encoded: [Encoded; Coding::ALL.len()],
    /// How often a client took a coding that was not there, as far as it was counted.
    missed: AtomicU32,
}

/// The list in one coding.
struct Encoded {
    /// Known before the bytes are, and the same on every node: that of the list, and the coding's
    /// name.
    etag: HeaderValue,
    /// Empty if the list is not shorter for it.
    body: OnceLock<Bytes>,
    is_begun: AtomicBool,
}

impl List {
    pub(crate) fn new(body: Bytes) -> Result<Self, RepositoryError> {
        let plain = Representation::new(body)?;
        let encoded = |coding: Coding| -> Result<Encoded, RepositoryError> {
            let tag = plain.etag.to_str().unwrap_or_default().trim_matches('"');
            let etag = HeaderValue::from_str(&format!("\"{tag}-{}\"", coding.name()));
            Ok(Encoded {
                etag: etag.map_err(|error| RepositoryError::Failed(error.into()))?,
                body: OnceLock::new(),
                is_begun: AtomicBool::new(false),
            })
        };
        let [a, b, c] = Coding::ALL;
        Ok(Self {
            encoded: [encoded(a)?, encoded(b)?, encoded(c)?],
            plain,
            missed: AtomicU32::new(0),
        })
    }

    /// The list as it is.
    pub(crate) fn plain(&self) -> &Representation {
        &self.plain
    }

    /// The best of what is there for a client that takes these codings, and the coding that would
    /// have been better, if it is time to make that.
    pub(crate) fn choose(&self, accepted: Accepted) -> (Representation, Option<Coding>) {
        let mut wanted = None;
        for coding in accepted.in_order() {
            let encoded = self.of(coding);
            match encoded.body.get() {
                Some(body) if body.is_empty() => {}
                Some(body) => {
                    let representation = Representation {
                        body: body.clone(),
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

    /// The validator that one of these conditions names, of those that a client which takes these
    /// codings may have. A coding need not have been made for that on this node.
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

    /// Makes the list in this coding. Slow.
    pub(crate) fn encode(&self, coding: Coding) {
        let encoded = coding.encode(&self.plain.body).unwrap_or_else(|error| {
            tracing::error!(%error, coding = coding.name(), "a list could not be encoded");
            vec![]
        });
        let is_shorter = encoded.len() < self.plain.body.len();
        let body = if is_shorter { encoded } else { vec![] };
        // Whoever begins it is the only one.
        let _ = self.of(coding).body.set(Bytes::from(body));
    }

    /// Takes back that the coding was begun: it was not made.
    pub(crate) fn postpone(&self, coding: Coding) {
        self.of(coding).is_begun.store(false, Ordering::Relaxed);
    }

    /// In bytes, with all codings that there are.
    pub(crate) fn weight(&self) -> usize {
        let encoded = self
            .encoded
            .iter()
            .filter_map(|encoded| encoded.body.get())
            .map(Bytes::len);
        self.plain.body.len() + encoded.sum::<usize>()
    }

    fn of(&self, coding: Coding) -> &Encoded {
        &self.encoded[coding as usize]
    }

    /// Whether it is worth making now, for the first who asks this.
    fn is_due(&self, encoded: &Encoded) -> bool {
        let length = self.plain.body.len();
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
        List::new(Bytes::from(vec![b'a'; length])).unwrap()
    }

    fn accepted(value: &'static str) -> Accepted {
        Accepted::of([&HeaderValue::from_static(value)])
    }

    #[test]
    fn a_large_list_is_wanted_at_once_and_by_one_alone() {
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
        assert!(list.weight() > LARGE + 1);
        let (second_best, wanted) = list.choose(accepted("gzip, br"));
        assert_eq!(
            (second_best.coding, wanted),
            (Some(Coding::Gzip), Some(Coding::Br))
        );
        assert_eq!(list.choose(Accepted::default()).0.coding, None);
    }

    #[test]
    fn a_short_list_is_wanted_when_it_is_asked_for_often_and_a_small_one_never() {
        let short = list(SMALL + 1);
        let wanted: Vec<_> = (0..4).map(|_| short.choose(accepted("br")).1).collect();
        assert_eq!(wanted, [None, None, Some(Coding::Br), None]);
        assert!((0..9).all(|_| list(SMALL).choose(accepted("br")).1.is_none()));
    }

    #[test]
    fn what_does_not_become_shorter_is_sent_as_it_is() {
        let list = list(10);
        list.encode(Coding::Gzip);
        let (representation, _) = list.choose(accepted("gzip"));
        assert_eq!(representation.coding, None);
    }

    #[test]
    fn a_client_may_have_any_coding_that_it_takes() {
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
