//! The path of a client's request.
//!
//! The gateway, the service and the upstream must read the same path. So a path is decoded once, and a path that programs
//! normalize differently is refused.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::http::escapes::has_whole_escapes;

/// A decoded path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a> {
    segments: Vec<Cow<'a, str>>,
}

/// The path is none, or programs read it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AmbiguousPath;

impl<'a> Path<'a> {
    /// Decodes a path, as it was in the first line of the request. Fails if a segment is empty, `.` or `..`, and if an
    /// escape is malformed. Fails for bytes that are not UTF-8, for control characters, and for `\\`, `;`, `?` and `#`, at
    /// which some programs end a segment.
    pub(crate) fn decode(sent: &'a str) -> Result<Self, AmbiguousPath> {
        let segments = sent.strip_prefix('/').ok_or(AmbiguousPath)?;
        let segments = segments
            .split('/')
            .map(decode_segment)
            .collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }

    /// The same path, on its own.
    pub(crate) fn into_owned(self) -> Path<'static> {
        let segments = self.segments.into_iter();
        Path {
            segments: segments
                .map(|segment| Cow::Owned(segment.into_owned()))
                .collect(),
        }
    }

    /// The decoded segments. A segment contains `/` if the client encoded it.
    pub(crate) fn segments(&self) -> &[Cow<'a, str>] {
        &self.segments
    }

    /// Whether this is the path `prefix` or below it.
    pub(crate) fn is_below(&self, prefix: &Path<'_>) -> bool {
        self.segments.starts_with(&prefix.segments)
    }
}

fn decode_segment(sent: &str) -> Result<Cow<'_, str>, AmbiguousPath> {
    if !has_whole_escapes(sent) {
        return Err(AmbiguousPath);
    }
    let decoded = percent_decode_str(sent)
        .decode_utf8()
        .map_err(|_| AmbiguousPath)?;
    let is_refused =
        |character: char| character.is_control() || matches!(character, '\\' | ';' | '?' | '#');
    let is_relative = |segment: &str| matches!(segment, "" | "." | "..");
    if decoded.contains(is_refused) || decoded.split('/').any(is_relative) {
        return Err(AmbiguousPath);
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once() {
        for (sent, expected) in [
            ("/v1/chat/completions", &["v1", "chat", "completions"][..]),
            ("/v1/%63hat/completions", &["v1", "chat", "completions"]),
            ("/v1/models/a%2Fb", &["v1", "models", "a/b"]),
            ("/v1/models/a%252Fb", &["v1", "models", "a%2Fb"]),
            ("/v1/models/%E6%A8%A1", &["v1", "models", "模"]),
            ("/v1/models/a b+c", &["v1", "models", "a b+c"]),
        ] {
            assert_eq!(Path::decode(sent).unwrap().segments(), expected, "{sent}");
        }
    }

    #[test]
    fn a_path_that_programs_read_differently_is_refused() {
        for sent in [
            "",
            "*",
            "v1/models",
            "/",
            "//v1/models",
            "/v1//models",
            "/v1/models/",
            "/v1/./models",
            "/v1/../v1/models",
            "/v1/%2e/models",
            "/v1/%2E%2e/models",
            "/v1/models/a%2F..%2Fb",
            "/v1/models/a%2F%2Fb",
            "/v1/models/%2Fa",
            "/v1/models/a%",
            "/v1/models/a%2",
            "/v1/models/%zz",
            "/v1/models/%ff",
            "/v1/models/%00",
            "/v1/models/a%0d%0a",
            "/v1\\models",
            "/v1/models/a;b",
            "/v1/models/a%3Fb",
            "/v1/models/a#b",
            "/v1/%5cmodels",
            "http://host/v1/models",
        ] {
            assert_eq!(Path::decode(sent), Err(AmbiguousPath), "{sent}");
        }
    }

    #[test]
    fn a_path_is_below_another_one_segment_by_segment() {
        let open = Path::decode("/v1/batches").unwrap();
        for (sent, is_below) in [
            ("/v1/batches", true),
            ("/v1/batches/b_1", true),
            ("/v1/%62atches", true),
            ("/v1/batchesx", false),
            ("/v1/batches%2Fx", false),
            ("/v1", false),
        ] {
            assert_eq!(
                Path::decode(sent).unwrap().is_below(&open),
                is_below,
                "{sent}"
            );
        }
    }
}
