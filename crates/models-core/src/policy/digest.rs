//! Digests of policies.

use crate::text::Invalid;

/// The SHA-256 of a policy's mode and entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PolicyDigest(pub(super) [u8; 32]);

impl PolicyDigest {
    /// The digest in lower-case hexadecimal, as it is stored.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// The first bytes, which are uniformly distributed.
    pub(super) fn hash(self) -> u64 {
        self.0.first_chunk().copied().map_or(0, u64::from_le_bytes)
    }
}

impl std::str::FromStr for PolicyDigest {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut digest = [0; 32];
        let decoded = hex::decode_to_slice(text, &mut digest);
        decoded
            .map(|()| Self(digest))
            .map_err(|_| Invalid::new("a policy's digest", "must be 64 hexadecimal digits"))
    }
}
