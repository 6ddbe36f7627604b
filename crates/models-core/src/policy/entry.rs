//! Entries of policies.

use crate::text::checked::checked_text;
use crate::text::control::is_control;

checked_text! {
    /// An entry of a policy: 1 to 256 bytes without control characters.
    ///
    /// An entry with `*` is a pattern, in which `*` stands for any text, also for none and also with
    /// `/`. Any other entry is the id of a model. An entry is a name and not a reference: it applies
    /// to whatever model has that id, now or later.
    PolicyEntry, "an entry of a policy", |text| {
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text.len() > 256 {
            return Err("must not be longer than 256 bytes");
        }
        if text.chars().any(is_control) {
            return Err("must not hold control characters");
        }
        Ok(())
    }
}

/// Whether an entry with this text is a pattern.
pub(super) fn is_pattern(entry: &str) -> bool {
    entry.contains('*')
}

/// Whether the pattern matches the id.
///
/// The parts between the asterisks are searched from left to right, each at its first place. This
/// finds a match if there is one, in time that grows with the lengths of both and not with their
/// product.
pub(super) fn matches(pattern: &str, id: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == id;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(inner) = id
        .strip_prefix(first)
        .and_then(|inner| inner.strip_suffix(last))
    else {
        return false;
    };
    let mut left = inner;
    for part in middle.split('*') {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_has_1_to_256_bytes_without_control_characters() {
        for good in ["a", "*", "ft:*:acme:*", "meta/llama 3", &"a".repeat(256)] {
            assert!(good.parse::<PolicyEntry>().is_ok(), "{good}");
        }
        for bad in ["", "a\nb", "a\u{202e}", &"a".repeat(257)] {
            assert!(bad.parse::<PolicyEntry>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_asterisk_stands_for_any_text() {
        for (pattern, id, expected) in [
            ("*", "", true),
            ("*", "a/b", true),
            ("gpt-*", "gpt-", true),
            ("gpt-*", "gpt", false),
            ("*-mini", "o4-mini", true),
            ("*-mini", "o4-minis", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("ft:*:acme:*", "ft:gpt:acme:x:1", true),
            ("ft:*:acme:*", "ft:gpt:other:x", false),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "abb", false),
            ("a**b", "ab", true),
            ("a*b*c", "abcb", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} {id}");
        }
    }

    /// The definition: the first asterisk stands for some beginning of the rest.
    fn is_match(pattern: &str, id: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == id,
            Some((first, rest)) => id.strip_prefix(first).is_some_and(|left| {
                (0..=left.len()).any(|skipped| is_match(rest, &left[skipped..]))
            }),
        }
    }

    proptest! {
        #[test]
        fn a_match_is_as_defined(pattern in "[ab*]{0,8}", id in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &id), is_match(&pattern, &id));
        }
    }
}
