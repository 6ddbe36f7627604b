use std::hash::BuildHasher;

use proptest::prelude::*;

use super::*;

#[test]
fn base62_has_the_expected_digits() {
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
    // Two digests differ if any one bit differs.
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
fn debug_output_hides_secrets_and_digests() {
    let secret = Secret::from_random([7; 32]);
    let shown = format!("{secret:?} {:?}", secret.digest());
    assert_eq!(shown, "Secret(…) KeyDigest(…)");
}

#[test]
fn keys_of_other_forms_are_accepted_unchanged() {
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
fn a_redacted_secret_shows_seven_characters_at_most() {
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
    fn own_keys_parse_and_a_changed_character_is_refused(
        random: [u8; 32], is_admin: bool, place in 0..RANDOM_DIGITS + CHECKSUM_DIGITS,
    ) {
        let (secret, prefix) = if is_admin {
            (Secret::admin_from_random(random), "sk-admin-")
        } else {
            (Secret::from_random(random), "sk-mdl-")
        };
        let text = secret.expose();
        prop_assert!(text.starts_with(prefix));
        prop_assert_eq!(Secret::parse(text).map(|parsed| parsed.digest()), Ok(secret.digest()));
        prop_assert_eq!(KeyDigest::of(text), Ok(secret.digest()));
        let at = prefix.len() + place;
        let other = if &text[at..=at] == "x" { "y" } else { "x" };
        let mut changed = text.to_owned();
        changed.replace_range(at..=at, other);
        prop_assert!(Secret::parse(&changed).is_err());
    }
}
