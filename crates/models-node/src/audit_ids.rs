//! The ids of entries in the audit log. They show neither how many changes the catalog has had, nor when others were made.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use models_core::{OrganizationId, Revision};
use sha2::{Digest, Sha256};

const PREFIX: &str = "audit_log-";

/// Names the organization in one half of a block.
type Mark = [u8; 8];

/// Writes and reads the ids of entries.
///
/// An id is one encrypted block of AES-128, in hexadecimal. One half of the block names the organization, the other half is the
/// revision. Equal revisions have equal ids, so the block cipher needs no nonce. An id that the service did not make, and one of
/// another organization, decrypt to another name.
pub struct AuditIds {
    cipher: Aes128,
}

impl AuditIds {
    /// Ids that are encrypted with a key of their own, which is derived from this secret of the catalog.
    #[must_use]
    pub fn new(token_secret: [u8; 16]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"audit log ids")
            .chain_update(token_secret)
            .finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self {
            cipher: Aes128::new(&Array::from(key)),
        }
    }

    /// The id of the entry with this revision in the log of the organization; `None` stands for events that concern all.
    #[must_use]
    pub fn id(&self, organization: Option<&OrganizationId>, revision: Revision) -> String {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&mark(organization));
        block[8..].copy_from_slice(&revision.0.to_be_bytes());
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        format!("{PREFIX}{}", hex::encode(block))
    }

    /// The revision of the entry with this id in the log of the organization; `None` if no entry of that log can have it.
    #[must_use]
    pub fn revision(&self, organization: Option<&OrganizationId>, id: &str) -> Option<Revision> {
        let mut block = [0; 16];
        hex::decode_to_slice(id.strip_prefix(PREFIX)?, &mut block).ok()?;
        let mut block = Array::from(block);
        self.cipher.decrypt_block(&mut block);
        let (name, revision) = block.split_at(8);
        let revision = i64::from_be_bytes(revision.try_into().ok()?);
        (name == mark(organization)).then_some(Revision(revision))
    }
}

fn mark(organization: Option<&OrganizationId>) -> Mark {
    let name = organization.map_or("", OrganizationId::as_str);
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest[..8]);
    mark
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::revision::RevisionTokens;

    fn organization(id: &str) -> OrganizationId {
        id.parse().unwrap()
    }

    proptest! {
        #[test]
        fn an_id_is_read_only_in_its_organization(secret: [u8; 16], revision in 0..i64::MAX) {
            let ids = AuditIds::new(secret);
            let (one, other) = (organization("org-1"), organization("org-2"));
            let id = ids.id(Some(&one), Revision(revision));
            prop_assert_eq!(ids.revision(Some(&one), &id), Some(Revision(revision)));
            prop_assert_eq!(ids.revision(Some(&other), &id), None);
            prop_assert_eq!(ids.revision(None, &id), None);
            prop_assert_ne!(ids.id(Some(&other), Revision(revision)), id);
        }

        #[test]
        fn a_forged_id_is_of_no_entry(text in "[ -~]{0,50}|audit_log-[0-9a-f]{32}") {
            prop_assert_eq!(AuditIds::new([7; 16]).revision(Some(&organization("org-1")), &text), None);
        }
    }

    /// Clients keep ids as cursors, and nodes of different versions share a catalog.
    #[test]
    fn the_format_of_an_id_does_not_change() {
        let id = AuditIds::new([7; 16]).id(Some(&organization("org-1")), Revision(1));
        assert_eq!(id, "audit_log-64b4769d9bd93cc1dfc53a74ccff2821");
    }

    #[test]
    fn a_revision_token_is_no_id() {
        let tokens = RevisionTokens::new([7; 16]);
        let token = tokens.present_token(Revision(1));
        let id = format!("{PREFIX}{}", str::from_utf8(token.as_bytes()).unwrap());
        assert_eq!(AuditIds::new([7; 16]).revision(None, &id), None);
    }
}
