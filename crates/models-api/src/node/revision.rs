//! What clients are told of the catalog's revision: enough to ask for an answer that is no older, and
//! nothing that can be counted or compared.

use std::sync::Arc;

use actix_http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use arc_swap::ArcSwap;
use models_core::{Epoch, Revision};
use sha2::{Digest, Sha256};

use crate::server::request_id::hexadecimal;

/// On an answer: the newest change that is in what it was made from.
pub(crate) const X_MODELS_REVISION: HeaderName = HeaderName::from_static("x-models-revision");
/// On a request: what the answer must at least be made from.
pub(crate) const X_MODELS_MIN_REVISION: HeaderName =
    HeaderName::from_static("x-models-min-revision");

/// The value of `x-models-revision`, as a handler leaves it for the answer.
#[derive(Clone)]
pub(crate) struct RevisionToken(pub(crate) HeaderValue);

/// Writes and reads tokens.
///
/// A token is one block of AES-128, in hexadecimal: half of it says which history, half of it the
/// revision. A block cipher alone makes equal tokens of equal revisions, which is what is wanted;
/// and who makes one up gets a history that there never was.
pub(crate) struct RevisionTokens {
    cipher: Aes128,
    /// The history that memory is in.
    epoch: ArcSwap<Mark>,
}

/// Tells histories apart.
type Mark = [u8; 8];

/// What a token stands for.
pub(crate) struct Demand {
    mark: Mark,
    revision: Revision,
}

impl RevisionTokens {
    pub(crate) fn new(secret: [u8; 16]) -> Self {
        Self {
            cipher: Aes128::new(&Array::from(secret)),
            epoch: ArcSwap::from_pointee(Mark::default()),
        }
    }

    /// Memory is in this history from now on.
    pub(crate) fn begin(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(mark(epoch)));
    }

    /// The token of a revision.
    pub(crate) fn token(&self, epoch: &Epoch, revision: Revision) -> HeaderValue {
        self.write(mark(epoch), revision)
    }

    /// The token of a revision of the history that memory is in.
    pub(crate) fn present_token(&self, revision: Revision) -> HeaderValue {
        self.write(**self.epoch.load(), revision)
    }

    fn write(&self, mark: Mark, revision: Revision) -> HeaderValue {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&mark);
        block[8..].copy_from_slice(&revision.0.to_be_bytes());
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        let digits: Vec<u8> = block.into_iter().flat_map(hexadecimal).collect();
        HeaderValue::from_maybe_shared(Bytes::from(digits))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// What a token asks for; `None` if it is none.
    pub(crate) fn read(&self, token: &HeaderValue) -> Option<Demand> {
        let mut block = [0; 16];
        let digits = token.as_bytes();
        if digits.len() != 2 * block.len() {
            return None;
        }
        hex::decode_to_slice(digits, &mut block).ok()?;
        let mut block = Array::from(block);
        self.cipher.decrypt_block(&mut block);
        let (mark, revision) = block.split_at(8);
        Some(Demand {
            mark: mark.try_into().ok()?,
            revision: Revision(i64::from_be_bytes(revision.try_into().ok()?)),
        })
    }

    /// Whether memory that has applied this revision is as new as is asked.
    pub(crate) fn is_met(&self, demand: &Demand, applied: Revision) -> bool {
        **self.epoch.load() == demand.mark && demand.revision <= applied
    }
}

fn mark(epoch: &Epoch) -> Mark {
    let digest: [u8; 32] = Sha256::digest(epoch.0.as_bytes()).into();
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest[..8]);
    mark
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn epoch(text: &str) -> Epoch {
        Epoch(text.to_owned())
    }

    proptest! {
        #[test]
        fn a_token_is_met_by_its_revision_and_later_ones_of_its_history(secret: [u8; 16], revision in 0..i64::MAX) {
            let tokens = RevisionTokens::new(secret);
            tokens.begin(&epoch("a"));
            let token = tokens.token(&epoch("a"), Revision(revision));
            prop_assert_eq!(&token, &tokens.token(&epoch("a"), Revision(revision)));
            let demand = tokens.read(&token).unwrap();
            prop_assert!(tokens.is_met(&demand, Revision(revision)));
            prop_assert!(!tokens.is_met(&demand, Revision(revision - 1)));
            tokens.begin(&epoch("b"));
            prop_assert!(!tokens.is_met(&demand, Revision(i64::MAX)));
        }

        #[test]
        fn what_is_made_up_is_no_token_or_of_no_history(text in "[ -~]{0,40}|[0-9a-f]{32}") {
            let tokens = RevisionTokens::new([7; 16]);
            tokens.begin(&epoch("a"));
            if let Some(demand) = tokens.read(&HeaderValue::from_str(&text).unwrap()) {
                prop_assert!(!tokens.is_met(&demand, Revision(i64::MAX)));
            }
        }
    }

    #[test]
    fn two_catalogs_and_two_revisions_have_other_tokens() {
        let (one, other) = (RevisionTokens::new([1; 16]), RevisionTokens::new([2; 16]));
        let token = one.token(&epoch("a"), Revision(1));
        assert_eq!(token.len(), 32);
        assert_ne!(token, other.token(&epoch("a"), Revision(1)));
        assert_ne!(token, one.token(&epoch("a"), Revision(2)));
        assert_ne!(token, one.token(&epoch("b"), Revision(1)));
    }
}
