//! The condition `If-None-Match` (RFC 9110 section 13.1.2).

use actix_web::http::header::HeaderValue;

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

#[cfg(test)]
mod tests {
    use super::*;

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
