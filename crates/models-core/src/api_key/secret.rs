//! Secrets of keys, and the digests that the store holds in their place.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::text::Invalid;

/// The prefix of the API keys that this service makes. It begins with OpenAI's `sk-`; `mdl-` lets
/// secret scanners recognise the service.
const PREFIX: &str = "sk-mdl-";
/// The prefix of the admin API keys that this service makes. OpenAI's admin keys have it too.
const ADMIN_PREFIX: &str = "sk-admin-";

const RANDOM_BYTES: usize = 32;
/// The digits of 256 random bits: 62⁴³ is the first power of 62 above 2²⁵⁶.
const RANDOM_DIGITS: usize = 43;
/// The digits of a CRC-32: 62⁶ is the first power of 62 above 2³².
const CHECKSUM_DIGITS: usize = 6;
const LONGEST: usize = 512;

/// The secret text of a key. `Debug` does not show it, and it has no `PartialEq`: compare digests.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The subject of an error message about a secret.
    pub(crate) const NOUN: &str = "a key";

    /// Makes a secret in the service's own form: the prefix, the random bytes in base62, and in
    /// base62 the CRC-32 of both.
    #[must_use]
    pub fn from_random(random: [u8; RANDOM_BYTES]) -> Self {
        Self::with_prefix(PREFIX, random)
    }

    /// Makes the secret of an admin key, in the form of [`from_random`](Self::from_random) with
    /// another prefix.
    #[must_use]
    pub fn admin_from_random(random: [u8; RANDOM_BYTES]) -> Self {
        Self::with_prefix(ADMIN_PREFIX, random)
    }

    fn with_prefix(prefix: &str, random: [u8; RANDOM_BYTES]) -> Self {
        let mut text = prefix.to_owned();
        text.extend(base62::<_, RANDOM_DIGITS>(random).map(char::from));
        let checksum = checksum(&text);
        text.extend(checksum.map(char::from));
        Self(text)
    }

    /// Parses a secret from a client or an operator: 1 to 512 bytes that an HTTP header can carry.
    ///
    /// Text with one of the service's own prefixes must carry a valid checksum, so that a malformed
    /// key needs no look-up.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        check(text).map(|()| Self(text.to_owned()))
    }

    /// Returns the secret text. The service shows it once, when it creates the key.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The digest, which the store holds and looks keys up by.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of_checked(&self.0)
    }

    /// The first three and last four characters, or `...` alone for secrets under 20 characters.
    #[must_use]
    pub fn redacted(&self) -> String {
        let length = self.length();
        if length < 20 {
            return "...".to_owned();
        }
        let first: String = self.0.chars().take(3).collect();
        let last: String = self.0.chars().skip(length - 4).collect();
        format!("{first}...{last}")
    }

    /// The length in characters.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a secret. It identifies a key and cannot be used as one. Comparison takes
/// constant time.
#[derive(Clone, Copy, Eq)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of a client's secret, without a copy of it. Fails where [`Secret::parse`] fails.
    pub fn of(text: &str) -> Result<Self, Invalid> {
        check(text).map(|()| Self::of_checked(text))
    }

    /// The digest of any bytes, to compare them with known secrets.
    #[must_use]
    pub fn of_unchecked(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    fn of_checked(text: &str) -> Self {
        Self::of_unchecked(text.as_bytes())
    }

    fn words(&self) -> [u64; 4] {
        let (words, _) = self.0.as_chunks();
        std::array::from_fn(|place| u64::from_ne_bytes(words[place]))
    }

    /// The digest in lower-case hexadecimal, as it is stored.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        // The comparison uses whole words: `subtle` hides each compared value from the optimizer,
        // which costs time for each value.
        self.words().ct_eq(&other.words()).into()
    }
}

impl Hash for KeyDigest {
    /// The digest is uniformly distributed, so a part of it is a good hash.
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(part) = self.0.first_chunk() {
            state.write_u64(u64::from_le_bytes(*part));
        }
    }
}

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}

fn check(text: &str) -> Result<(), Invalid> {
    let refuse = |reason| Err(Invalid::new(Secret::NOUN, reason));
    if text.is_empty() {
        return refuse("must not be empty");
    }
    if text.len() > LONGEST {
        return refuse("must not be longer than 512 bytes");
    }
    // Most keys are visible ASCII only. Testing every byte is faster than stopping at the first
    // other one.
    let is_visible = |visible, byte: u8| visible & byte.is_ascii_graphic();
    if !text.bytes().fold(true, is_visible) {
        if text.chars().any(char::is_control) {
            return refuse("must be one line without control characters");
        }
        if text.trim() != text {
            return refuse("must not begin or end with white space");
        }
    }
    if text.starts_with(PREFIX) && !is_intact(text, PREFIX) {
        return refuse(
            "that begins with `sk-mdl-` must be one that this service made (its checksum is wrong)",
        );
    }
    if text.starts_with(ADMIN_PREFIX) && !is_intact(text, ADMIN_PREFIX) {
        return refuse(
            "that begins with `sk-admin-` must be one that this service made (its checksum is wrong)",
        );
    }
    Ok(())
}

fn is_intact(text: &str, prefix: &str) -> bool {
    text.len() == prefix.len() + RANDOM_DIGITS + CHECKSUM_DIGITS
        && text
            .split_at_checked(prefix.len() + RANDOM_DIGITS)
            .is_some_and(|(body, sum)| checksum(body) == sum.as_bytes())
}

fn checksum(body: &str) -> [u8; CHECKSUM_DIGITS] {
    base62(crc32fast::hash(body.as_bytes()).to_be_bytes())
}

/// Writes a big-endian number in base 62 with exactly `DIGITS` digits, by long division.
fn base62<const BYTES: usize, const DIGITS: usize>(mut number: [u8; BYTES]) -> [u8; DIGITS] {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [0; DIGITS];
    for digit in text.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in &mut number {
            let value = remainder * 256 + u16::from(*byte);
            *byte = u8::try_from(value / 62)
                .expect("the remainder is below 62, so the quotient is below 256");
            remainder = value % 62;
        }
        *digit = ALPHABET[usize::from(remainder)];
    }
    text
}

#[cfg(test)]
mod tests;
