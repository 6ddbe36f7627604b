//! What clients are told of the catalog's revision: enough to ask for a response that is at least as new, and
//! nothing that can be counted or compared.

use std::sync::Arc;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use arc_swap::ArcSwap;
use models_core::{Epoch, Revision};
use sha2::{Digest, Sha256};

/// The length of a token, in bytes.
const LENGTH: usize = 32;

/// What clients are told of a revision: lower-case hexadecimal digits.
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
/// A token is one block of AES-128, in hexadecimal: half of it names the history, half of it the
/// revision. A block cipher alone makes equal tokens of equal revisions, which is what is wanted;
/// and a token that somebody made up names a history that there never was.
pub struct RevisionTokens {
    cipher: Aes128,
    /// The history that memory is in.
    epoch: ArcSwap<Mark>,
}

/// Tells histories apart.
type Mark = [u8; 8];

/// What a token stands for.
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

    /// Memory is in this history from now on.
    pub fn begin(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(mark(epoch)));
    }

    /// The token of a revision.
    #[must_use]
    pub fn token(&self, epoch: &Epoch, revision: Revision) -> RevisionToken {
        self.write(mark(epoch), revision)
    }

    /// The token of a revision of the history that memory is in.
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

    /// What a token asks for; `None` if it is none.
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

    /// Whether memory that has applied this revision is as new as is demanded.
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
        fn a_token_is_met_by_its_revision_and_later_ones_of_its_history(secret: [u8; 16], revision in 0..i64::MAX) {
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
        fn what_is_made_up_is_no_token_or_of_no_history(text in "[ -~]{0,40}|[0-9a-f]{32}") {
            let tokens = RevisionTokens::new([7; 16]);
            tokens.begin(&epoch("a"));
            if let Some(demand) = tokens.read(text.as_bytes()) {
                prop_assert!(!tokens.is_met(&demand, Revision(i64::MAX)));
            }
        }
    }

    #[test]
    fn two_catalogs_and_two_revisions_have_other_tokens() {
        let (one, other) = (RevisionTokens::new([1; 16]), RevisionTokens::new([2; 16]));
        let token = one.token(&epoch("a"), Revision(1));
        assert_ne!(token, other.token(&epoch("a"), Revision(1)));
        assert_ne!(token, one.token(&epoch("a"), Revision(2)));
        assert_ne!(token, one.token(&epoch("b"), Revision(1)));
    }

    /// Nodes of different versions share a catalog.
    #[test]
    fn the_form_of_a_token_stays() {
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
