//! Requests and responses as text.

use std::time::Duration;

pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A request with these additional header lines.
pub fn request(method: &str, path: &str, token: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{more}\r\n")
}

/// The statuses of all final responses. No line of a JSON body begins like a response.
pub fn statuses(text: &str) -> Vec<u16> {
    text.match_indices("HTTP/1.")
        .map(|(start, _)| text[start + 9..start + 12].parse().unwrap())
        .filter(|status| *status >= 200)
        .collect()
}
