//! Percent escapes of paths.

/// Whether two hexadecimal digits follow each `%`. The decoder would keep any other `%`.
pub(crate) fn has_whole_escapes(sent: &str) -> bool {
    sent.split('%').skip(1).all(|rest| matches!(rest.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
}
