//! Files that hold the secret of a key.

use std::io::Read;
use std::path::Path;

use encoding_rs::UTF_8;

use super::failure::Failure;
use super::input::{open_input, shown};

/// The longest file with a secret, in bytes. A secret has at most 512.
const LONGEST: u64 = 1 << 12;
const QUOTATION_MARKS: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

/// Reads the secret from a file in UTF-8, or in UTF-16 with a byte order mark. Removes the mark and line ends. Refuses
/// a file that holds more than the secret. No message repeats the content of the file.
pub(in crate::cli) fn read(path: &Path) -> Result<String, Failure> {
    let refuse = |reason: &str| Err(format!("{}: {reason}", shown(path)).into());
    let mut bytes = Vec::new();
    open_input(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{}: {error}", shown(path)))?;
    if bytes.len() as u64 > LONGEST {
        return refuse("a file with a key must not be longer than 4096 bytes");
    }
    let (text, _, is_malformed) = UTF_8.decode(&bytes);
    if is_malformed {
        return refuse("a file with a key must be UTF-8");
    }
    let line = text.trim_end_matches(['\r', '\n']);
    match surplus(line) {
        None => Ok(line.to_owned()),
        Some(reason) => refuse(reason),
    }
}

/// Says what the line holds beside the secret, and how to correct it. Returns `None` for the secret alone.
fn surplus(line: &str) -> Option<&'static str> {
    let lower = line.trim_start().to_ascii_lowercase();
    if lower.starts_with("bearer ") {
        return Some("the file holds `Bearer …`; write the key alone, without `Bearer`");
    }
    if ["authorization:", "x-api-key:", "api-key:"]
        .iter()
        .any(|name| lower.starts_with(name))
    {
        return Some(
            "the file holds a whole header; write the key alone, without the header's name",
        );
    }
    if line.trim().starts_with(QUOTATION_MARKS) && line.trim().ends_with(QUOTATION_MARKS) {
        return Some("the file holds a key in quotation marks; write the key without them");
    }
    is_assignment(line).then_some("the file holds `NAME=…`; write the key alone, without `NAME=`")
}

/// Whether the line is `NAME=…` or `export NAME=…`. The `=` that pad base64 at the end are not values.
fn is_assignment(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').is_some_and(|(name, value)| {
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins = name
            .bytes()
            .next()
            .is_some_and(|byte| !byte.is_ascii_digit());
        is_name && begins && !value.trim_start_matches('=').is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_more_than_the_key_is_recognized() {
        for line in [
            "Bearer sk-abc",
            "bearer sk-abc",
            "Authorization: Bearer sk-abc",
            "x-api-key: sk-abc",
            "\"sk-abc\"",
            "'sk-abc'",
            "“sk-abc”",
            "OPENAI_API_KEY=sk-abc",
            "export key=\"sk-abc\"",
            "_K2=a=",
        ] {
            assert!(surplus(line).is_some(), "{line}");
        }
        for line in [
            "sk-abc",
            "My API Key",
            "c2VjcmV0==",
            "c2VjcmV0=",
            "a-b=c",
            "2a=b",
            "=",
            "",
        ] {
            assert_eq!(surplus(line), None, "{line}");
        }
    }
}
