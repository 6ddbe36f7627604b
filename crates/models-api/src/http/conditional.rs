//! The condition `If-None-Match` (RFC 9110 section 13.1.2).

use actix_web::http::header::HeaderValue;

use crate::http::coding::Coding;

/// Whether `If-None-Match` names this validator, or is `*`. The comparison is weak, although all validators of this
/// service are strong.
pub(crate) fn matches(condition: &HeaderValue, etag: &HeaderValue) -> bool {
    let condition = condition.as_bytes();
    condition == etag.as_bytes()
        || condition.split(|byte| *byte == b',').any(|tag| {
            let tag = tag.trim_ascii();
            tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag.as_bytes()
        })
}

/// Whether `If-Match` names this validator, possibly in a coding, or is `*`.
pub(crate) fn names(condition: &HeaderValue, etag: &HeaderValue) -> bool {
    let plain = etag.as_bytes().strip_suffix(b"\"").unwrap_or_default();
    let is_named = |tag: &[u8]| {
        let tag = tag.trim_ascii();
        let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
        let coding = tag
            .strip_prefix(plain)
            .and_then(|rest| rest.strip_suffix(b"\""));
        let is_coded = |coding: &[u8]| match coding.strip_prefix(b"-") {
            Some(name) => Coding::ALL
                .iter()
                .any(|coding| coding.name().as_bytes() == name),
            None => coding.is_empty(),
        };
        tag == b"*" || coding.is_some_and(is_coded)
    };
    condition
        .as_bytes()
        .split(|byte| *byte == b',')
        .any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_named_in_any_coding() {
        let etag = HeaderValue::from_static("\"abc\"");
        for (condition, expected) in [
            ("\"abc\"", true),
            ("\"abc-gzip\"", true),
            ("\"x\", W/\"abc-br\"", true),
            ("*", true),
            ("\"abc-x\"", false),
            ("\"abcd\"", false),
            ("\"abc", false),
            ("abc", false),
            ("", false),
        ] {
            let condition = HeaderValue::from_static(condition);
            assert_eq!(names(&condition, &etag), expected, "{condition:?}");
        }
    }

    #[test]
    fn one_of_a_list_or_any_matches() {
        let etag = HeaderValue::from_static("\"abc\"");
        for (condition, expected) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("\"x\",W/\"abc\" ,\"y\"", true),
            ("*", true),
            ("\"x\"", false),
            ("abc", false),
            ("\"abc", false),
            ("\"abc\"x", false),
            ("", false),
        ] {
            assert_eq!(
                matches(&HeaderValue::from_static(condition), &etag),
                expected,
                "{condition}"
            );
        }
    }
}
