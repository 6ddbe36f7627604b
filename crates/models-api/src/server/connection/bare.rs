//! What the dispatcher writes by itself.

/// What a client is told whose request cannot be read.
pub(super) const UNREADABLE: &str = "The request is not HTTP that this server can read.";

/// What the dispatcher writes before a body that was announced with an expectation.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Where an answer of the dispatcher's own begins, if these bytes end with one: an error with no
/// headers but those that the dispatcher sets. Ours have others, and nothing that a client sent can
/// stand where its `content-length` does.
pub(super) fn bare_answer(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes.strip_suffix(b"\r\n\r\n")?;
    let mut is_empty = false;
    // Line by line from the end: an answer of ours is left at the second.
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

/// Where a status line begins that this ends with. The body of another answer may stand before it.
fn status_line(text: &[u8]) -> Option<usize> {
    /// Longer than any that the dispatcher makes.
    const LONGEST: usize = 64;
    let skipped = text.len().saturating_sub(LONGEST);
    let at = text[skipped..]
        .windows(7)
        .rposition(|window| window == b"HTTP/1.")?;
    Some(skipped + at)
}

#[cfg(test)]
mod tests;
