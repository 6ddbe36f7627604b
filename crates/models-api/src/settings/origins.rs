//! `server.cors_origins`: origins as browsers write them in the header `Origin` (RFC 6454, section 7).

use actix_http::header::HeaderValue;
use serde::{Deserialize, Deserializer};
use url::{Host, Url};

/// The origin that browsers send for a page without one: a sandboxed frame, or a file.
pub(super) const NULL: &str = "null";

/// Reads origins that are separated by commas.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<HeaderValue>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| origin(name).map_err(serde::de::Error::custom))
        .collect()
}

/// Returns the origin in the form that browsers send: in lower case and without the default port.
fn origin(name: &str) -> Result<HeaderValue, String> {
    let refused = || {
        format!(
            "`{name}` is not an origin; write a scheme and a host, such as `https://example.com`, \
             `chrome-extension://abcdefgh` or `tauri://localhost`"
        )
    };
    let written = if name == NULL {
        NULL.to_owned()
    } else {
        serialize(name).ok_or_else(refused)?
    };
    HeaderValue::try_from(written).map_err(|_| refused())
}

fn serialize(name: &str) -> Option<String> {
    // The parser adds the path `/` to a URL without one, so only the text shows whether there was a path.
    let (scheme, rest) = name.split_once("://")?;
    if rest.contains(['/', '?', '#', '@', '\\']) {
        return None;
    }
    let url = Url::parse(name).ok()?;
    let host = url.host()?;
    if matches!(host, Host::Domain(name) if name.is_empty() || name.contains('*')) {
        return None;
    }
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    let written = format!("{}://{host}{port}", scheme.to_ascii_lowercase());
    Some(written.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for (name, sent) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example:443", "https://app.example"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example",
            ),
            (
                "chrome-extension://abcdefghijklmnop",
                "chrome-extension://abcdefghijklmnop",
            ),
            ("moz-extension://0a1b-2c", "moz-extension://0a1b-2c"),
            ("vscode-webview://1f2e", "vscode-webview://1f2e"),
            ("tauri://localhost", "tauri://localhost"),
            ("null", "null"),
        ] {
            assert_eq!(origin(name).unwrap(), sent, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_an_origin_is_refused() {
        for name in [
            "*",
            "https://*.example",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example/x",
            "https://me@app.example",
            "https://app.example?x",
            "https://a b",
            "https://app.example:99999",
            "file:///x",
            "data:text/html,x",
            "NULL",
        ] {
            let error = origin(name).unwrap_err();
            assert!(error.contains("is not an origin"), "{name}: {error}");
        }
    }
}
