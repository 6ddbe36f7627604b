//! Secrets, and the digests that are kept in their place.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::text::Invalid;

/// How the keys that this service makes begin: OpenAI's `sk-` and then ours, so that scanners can
/// tell them apart.
const PREFIX: &str = "sk-mdl-";

const RANDOM_BYTES: usize = 32;
/// 62⁴³ is the first power of 62 above 2²⁵⁶.
const RANDOM_DIGITS: usize = 43;
/// 62⁶ is the first above 2³².
const CHECKSUM_DIGITS: usize = 6;
const LONGEST: usize = 512;

/// A key as its holder knows it. It can be sent in a header; it cannot be printed by accident, nor
/// compared: what is compared is its digest.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// How a refusal calls a secret.
    pub(crate) const NOUN: &str = "a key";

    /// A secret of our own form: the prefix, the random bytes in base62, and a CRC-32 of all that
    /// in base62.
    #[must_use]
    pub fn from_random(random: [u8; RANDOM_BYTES]) -> Self {
        let mut text = PREFIX.to_owned();
        text.extend(base62::<_, RANDOM_DIGITS>(random).map(char::from));
        let checksum = checksum(&text);
        text.extend(checksum.map(char::from));
        Self(text)
    }

    /// Takes the text that a client presented or an operator brought: 1 to 512 bytes that can stand
    /// in a header.
    ///
    /// Text that begins as our own keys do must carry their checksum, so that garbage costs no
    /// look-up.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        check(text).map(|()| Self(text.to_owned()))
    }

    /// The secret itself, for the one time that it is shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up in its place.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of_checked(&self.0)
    }

    /// The first three and last four characters; of secrets under 20 characters, nothing.
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

    /// How many characters it has.
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

/// The SHA-256 of a secret. Enough to recognise a key, useless to present one. Comparing two takes as
/// long whatever is in them.
#[derive(Clone, Copy, Eq)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of what a client presents, refused as [`Secret::parse`] refuses it. Nothing is
    /// copied.
    pub fn of(text: &str) -> Result<Self, Invalid> {
        check(text).map(|()| Self::of_checked(text))
    }

    /// The digest of anything, to find out whether it is among some that are known.
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
        // Word by word: each is kept from the compiler's eyes, and that has its price.
        self.words().ct_eq(&other.words()).into()
    }
}

impl Hash for KeyDigest {
    /// It is as good as random, so any part of it is a hash.
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
    // Most keys are nothing but visible ASCII. To look at every byte is quicker than to stop early.
    let is_visible = |visible, byte: u8| visible & byte.is_ascii_graphic();
    if !text.bytes().fold(true, is_visible) {
        if text.chars().any(char::is_control) {
            return refuse("must be one line without control characters");
        }
        if text.trim() != text {
            return refuse("must not begin or end with white space");
        }
    }
    if text.starts_with(PREFIX) && !is_intact(text) {
        return refuse(
            "that begins with `sk-mdl-` must be one that this service made (its checksum is wrong)",
        );
    }
    Ok(())
}

fn is_intact(text: &str) -> bool {
    text.len() == PREFIX.len() + RANDOM_DIGITS + CHECKSUM_DIGITS
        && text
            .split_at_checked(PREFIX.len() + RANDOM_DIGITS)
            .is_some_and(|(body, sum)| checksum(body) == sum.as_bytes())
}

fn checksum(body: &str) -> [u8; CHECKSUM_DIGITS] {
    base62(crc32fast::hash(body.as_bytes()).to_be_bytes())
}

/// The big-endian number `bytes` in base 62, in exactly so many digits. Long division, least digit
/// first.
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
mod tests {
    use std::hash::BuildHasher;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base62_counts_as_decimal_does() {
        assert_eq!(&base62([0]), b"00");
        assert_eq!(&base62([61]), b"0z");
        assert_eq!(&base62([62]), b"10");
        assert_eq!(&base62(u32::MAX.to_be_bytes()), b"4gfFC3");
        let [first, ..] = base62::<_, RANDOM_DIGITS>([0xff; 32]);
        assert_ne!(first, b'0', "all 43 digits are needed");
    }

    #[test]
    fn a_digest_is_the_sha_256_and_equals_no_other() {
        let digest = KeyDigest::of_unchecked(b"abc");
        // FIPS 180-4, the first example.
        assert_eq!(
            digest.to_hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(KeyDigest::of("abc"), Ok(digest));
        assert_ne!(digest, KeyDigest::of_unchecked(b"abd"));
        // Digests that differ in one bit, whichever it is.
        for bit in 0..256 {
            let mut other = digest;
            other.0[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(digest, other, "{bit}");
        }
    }

    #[test]
    fn digests_spread_over_a_hash_table() {
        let hasher = std::hash::RandomState::new();
        let hash = |text: &[u8]| hasher.hash_one(KeyDigest::of_unchecked(text));
        assert_eq!(hash(b"abc"), hash(b"abc"));
        assert_ne!(hash(b"abc"), hash(b"abd"));
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::from_random([7; 32]);
        let shown = format!("{secret:?} {:?}", secret.digest());
        assert_eq!(shown, "Secret(…) KeyDigest(…)");
    }

    #[test]
    fn keys_from_elsewhere_are_taken_as_they_are() {
        for text in ["My API Key", "sk-proj-abc", "hunter2", "schlüssel"] {
            assert_eq!(
                Secret::parse(text).map(|secret| secret.expose().to_owned()),
                Ok(text.to_owned())
            );
        }
        assert!(Secret::parse(&"a".repeat(512)).is_ok());
        for text in ["", " a", "a\n", "a\r\nb", "a\0", &"a".repeat(513)] {
            assert!(Secret::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_redacted_secret_keeps_most_of_itself() {
        let redacted = |text: &str| Secret::parse(text).map(|secret| secret.redacted());
        assert_eq!(redacted("short"), Ok("...".to_owned()));
        assert_eq!(
            redacted("abcdefghijklmnopqrstuvwxyz"),
            Ok("abc...wxyz".to_owned())
        );
        assert_eq!(
            redacted("ääääääääääääääääääöö"),
            Ok("äää...ääöö".to_owned())
        );
    }

    proptest! {
        #[test]
        fn our_own_keys_parse_and_a_changed_character_is_noticed(
            random: [u8; 32], at in PREFIX.len()..PREFIX.len() + RANDOM_DIGITS + CHECKSUM_DIGITS,
        ) {
            let secret = Secret::from_random(random);
            let text = secret.expose();
            prop_assert_eq!(Secret::parse(text).map(|parsed| parsed.digest()), Ok(secret.digest()));
            prop_assert_eq!(KeyDigest::of(text), Ok(secret.digest()));
            let other = if &text[at..=at] == "x" { "y" } else { "x" };
            let mut changed = text.to_owned();
            changed.replace_range(at..=at, other);
            prop_assert!(Secret::parse(&changed).is_err());
        }
    }
}
