//! Recognizes responses that the dispatcher writes by itself.

/// The message for a request that cannot be parsed.
pub(super) const UNREADABLE: &str = "The request is not HTTP that this server can read.";

/// The dispatcher's interim response to `Expect: 100-continue`.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Returns the start of the dispatcher's own response, if these bytes end with one. That is an error with no headers but
/// those that the dispatcher sets. The service's responses have further headers, and no text from a client can imitate
/// the line `content-length`.
pub(super) fn bare_response(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes.strip_suffix(b"\r\n\r\n")?;
    let mut is_empty = false;
    // Line by line from the end. The search leaves a response of the service at its second line.
    loop {
        let break_at = rest.windows(2).rposition(|pair| pair == b"\r\n");
        let start = break_at.map_or(0, |at| at + 2);
        let line = &rest[start..];
        let is_bare = [&b"content-length: "[..], b"connection: ", b"date: "]
            .iter()
            .any(|name| line.starts_with(name));
        if !is_bare {
            let status = status_line(line)?;
            let is_error = matches!(line.get(status + 9), Some(b'4' | b'5'));
            return (is_error && is_empty).then_some(start + status);
        }
        is_empty |= line == b"content-length: 0";
        rest = &rest[..break_at?];
    }
}

/// Returns the start of the status line at the end of this text. The body of another response may precede it.
fn status_line(text: &[u8]) -> Option<usize> {
    /// Longer than any status line of the dispatcher, in bytes.
    const LONGEST: usize = 64;
    let skipped = text.len().saturating_sub(LONGEST);
    let at = text[skipped..]
        .windows(7)
        .rposition(|window| window == b"HTTP/1.")?;
    Some(skipped + at)
}

#[cfg(test)]
mod tests;
