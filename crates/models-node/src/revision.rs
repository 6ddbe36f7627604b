//! Revision tokens: what clients get for the catalog's revision. A client can demand a response that is at least as fresh as
//! an earlier one, but it can neither count nor compare revisions.

use std::sync::Arc;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use arc_swap::ArcSwap;
use models_core::{Epoch, Revision};
use sha2::{Digest, Sha256};

/// The length of a token, in bytes.
const LENGTH: usize = 32;

/// What clients get for a revision: lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionToken([u8; LENGTH]);

impl RevisionToken {
    /// The digits, in ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Writes and reads tokens.
///
/// A token is one encrypted block of AES-128, in hexadecimal. One half of the block names the epoch, the other half the
/// revision. A block cipher without a nonce is right here: equal revisions must have equal tokens. A forged token decrypts to
/// an epoch that never existed.
pub struct RevisionTokens {
    cipher: Aes128,
    /// The epoch of memory.
    epoch: ArcSwap<Mark>,
}

/// Half of a block. It names an epoch.
type Mark = [u8; 8];

/// The freshness that a token demands.
#[derive(Debug)]
pub struct Demand {
    mark: Mark,
    revision: Revision,
}

impl RevisionTokens {
    /// Tokens that are encrypted with this secret.
    #[must_use]
    pub fn new(secret: [u8; 16]) -> Self {
        Self {
            cipher: Aes128::new(&Array::from(secret)),
            epoch: ArcSwap::from_pointee(Mark::default()),
        }
    }

    /// Makes this the epoch of memory.
    pub fn begin(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(mark(epoch)));
    }

    /// The token of a revision in this epoch.
    #[must_use]
    pub fn token(&self, epoch: &Epoch, revision: Revision) -> RevisionToken {
        self.write(mark(epoch), revision)
    }

    /// The token of a revision in the epoch of memory.
    #[must_use]
    pub fn present_token(&self, revision: Revision) -> RevisionToken {
        self.write(**self.epoch.load(), revision)
    }

    fn write(&self, mark: Mark, revision: Revision) -> RevisionToken {
        let mut block = [0; LENGTH / 2];
        block[..8].copy_from_slice(&mark);
        block[8..].copy_from_slice(&revision.0.to_be_bytes());
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        let mut token = [0; LENGTH];
        hex::encode_to_slice(block, &mut token).expect("two digits for each byte");
        RevisionToken(token)
    }

    /// The freshness that a token demands; `None` if it is malformed.
    #[must_use]
    pub fn read(&self, token: &[u8]) -> Option<Demand> {
        let mut block = [0; LENGTH / 2];
        hex::decode_to_slice(token, &mut block).ok()?;
        let mut block = Array::from(block);
        self.cipher.decrypt_block(&mut block);
        let (mark, revision) = block.split_at(8);
        Some(Demand {
            mark: mark.try_into().ok()?,
            revision: Revision(i64::from_be_bytes(revision.try_into().ok()?)),
        })
    }

    /// Whether memory that has applied this revision meets the demand.
    #[must_use]
    pub fn is_met(&self, demand: &Demand, applied: Revision) -> bool {
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
        fn a_token_is_met_by_its_revision_and_later_ones_of_its_epoch(secret: [u8; 16], revision in 0..i64::MAX) {
            let tokens = RevisionTokens::new(secret);
            tokens.begin(&epoch("a"));
            let token = tokens.token(&epoch("a"), Revision(revision));
            prop_assert_eq!(token, tokens.present_token(Revision(revision)));
            let demand = tokens.read(token.as_bytes()).unwrap();
            prop_assert!(tokens.is_met(&demand, Revision(revision)));
            prop_assert!(!tokens.is_met(&demand, Revision(revision - 1)));
            tokens.begin(&epoch("b"));
            prop_assert!(!tokens.is_met(&demand, Revision(i64::MAX)));
        }

        #[test]
        fn a_forged_token_is_malformed_or_never_met(text in "[ -~]{0,40}|[0-9a-f]{32}") {
            let tokens = RevisionTokens::new([7; 16]);
            tokens.begin(&epoch("a"));
            if let Some(demand) = tokens.read(text.as_bytes()) {
                prop_assert!(!tokens.is_met(&demand, Revision(i64::MAX)));
            }
        }
    }

    #[test]
    fn secrets_epochs_and_revisions_have_different_tokens() {
        let (one, other) = (RevisionTokens::new([1; 16]), RevisionTokens::new([2; 16]));
        let token = one.token(&epoch("a"), Revision(1));
        assert_ne!(token, other.token(&epoch("a"), Revision(1)));
        assert_ne!(token, one.token(&epoch("a"), Revision(2)));
        assert_ne!(token, one.token(&epoch("b"), Revision(1)));
    }

    /// Nodes of different versions share a catalog.
    #[test]
    fn the_format_of_a_token_does_not_change() {
        let tokens = RevisionTokens::new([7; 16]);
        let token = tokens.token(&epoch("a"), Revision(1));
        assert_eq!(
            str::from_utf8(token.as_bytes()),
            Ok("459febe09febcf6c61589c9a03768416")
        );
        let upper = token.as_bytes().to_ascii_uppercase();
        assert!(tokens.read(&upper).is_some());
        assert!(tokens.read(&token.as_bytes()[1..]).is_none());
    }
}
