//! Masks secrets in text from outside, before a log or a message shows it.
//!
//! A client can send its key in a path, an id or a header, and an operator can paste one as an
//! argument. [`mask`] replaces everything that looks like a key, also if it is percent-encoded. It
//! cannot recognise a foreign key that does not begin with `sk-`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::control::is_control;

/// The prefixes of this service's keys. No other word has them, so `mask` finds them inside words
/// too.
const OURS: [&[u8]; 2] = [b"sk-mdl-", b"sk-admin-"];
/// The prefix of keys of OpenAI and many others. It counts only at the beginning of a word.
const ANY: &[u8] = b"sk-";
/// The beginning of a masked key. A list of keys shows keys in the same form, so that an operator
/// can find a leaked key.
const MASKED: &str = "sk-...";
/// The number of characters shown at the end of a long key.
const SHOWN: usize = 4;
/// The shortest key whose end is shown.
const LONG: usize = 20;
/// The most layers of percent-encoding. Text with more layers is masked completely.
const DECODINGS: usize = 8;
/// The replacement for a password, and for text that is masked completely.
const NOTHING: &str = "***";

/// Text from outside in a form that is safe to show: keys are masked, control characters are
/// escaped, and text beyond a limit is cut.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    text: &'a str,
    most: usize,
}

impl<'a> Outside<'a> {
    /// The whole text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            most: usize::MAX,
        }
    }

    /// Limits the text to this number of characters.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl fmt::Display for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, character) in mask(self.text).chars().enumerate() {
            if number == self.most {
                return f.write_str("…");
            }
            if is_control(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

/// Replaces everything that looks like a key by its redacted form, and passwords in URLs by `***`.
/// Masking is idempotent.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    match mask_keys(text) {
        Cow::Borrowed(text) => mask_passwords(text),
        Cow::Owned(text) => Cow::Owned(mask_passwords(&text).into_owned()),
    }
}

fn mask_keys(text: &str) -> Cow<'_, str> {
    let Some(decoded) = Decoded::of(text) else {
        return Cow::Borrowed(NOTHING);
    };
    let mut masked = String::new();
    let mut copied = 0;
    for key in decoded.keys() {
        let Range { start, end } = decoded.place(&key);
        masked.push_str(&text[copied..start]);
        masked.push_str(MASKED);
        masked.push_str(shown_end(&decoded.bytes[key]));
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// The last characters of a long key.
fn shown_end(key: &[u8]) -> &str {
    let end = key
        .len()
        .checked_sub(SHOWN)
        .filter(|_| key.len() >= LONG)
        .map_or(&b""[..], |at| &key[at..]);
    if end.iter().all(u8::is_ascii_alphanumeric) {
        str::from_utf8(end).unwrap_or_default()
    } else {
        ""
    }
}

/// Text without its percent-encoding, with the place of each byte in the original.
struct Decoded<'a> {
    bytes: Cow<'a, [u8]>,
    /// The place of each byte and of the end; empty if nothing was encoded.
    starts: Vec<usize>,
}

impl<'a> Decoded<'a> {
    /// Decodes the text completely; `None` if it has too many layers of encoding.
    fn of(text: &'a str) -> Option<Self> {
        let mut decoded = Self {
            bytes: Cow::Borrowed(text.as_bytes()),
            starts: vec![],
        };
        for _ in 0..=DECODINGS {
            let Some(next) = decoded.decode_once() else {
                return Some(decoded);
            };
            decoded = next;
        }
        None
    }

    /// Removes one layer of encoding; `None` if there is none.
    fn decode_once(&self) -> Option<Self> {
        let first = (0..self.bytes.len()).find(|at| escaped(&self.bytes, *at).is_some())?;
        let mut bytes = self.bytes[..first].to_vec();
        let mut starts: Vec<usize> = (0..first).map(|at| self.start(at)).collect();
        let mut at = first;
        while at < self.bytes.len() {
            starts.push(self.start(at));
            let escaped = escaped(&self.bytes, at);
            bytes.push(escaped.unwrap_or(self.bytes[at]));
            at += if escaped.is_some() { 3 } else { 1 };
        }
        starts.push(self.start(at));
        Some(Self {
            bytes: bytes.into(),
            starts,
        })
    }

    /// The place of a byte in the original text.
    fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or(at)
    }

    fn place(&self, key: &Range<usize>) -> Range<usize> {
        self.start(key.start)..self.start(key.end)
    }

    /// The places of the keys, in order.
    fn keys(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let start = (from..self.bytes.len()).find(|at| begins_key(&self.bytes, *at))?;
                let end = end_of_key(&self.bytes, start);
                from = end;
                if !is_masked(&self.bytes[start..end]) {
                    return Some(start..end);
                }
            }
        })
    }
}

/// The byte of the percent-escape at this place.
fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    let &[b'%', high, low] = bytes.get(at..at + 3)? else {
        return None;
    };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn begins_key(bytes: &[u8], at: usize) -> bool {
    let begins = |prefix: &[u8]| {
        let found = bytes.get(at..at + prefix.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(prefix))
    };
    begins(ANY) && (begins_word(&bytes[..at]) || OURS.into_iter().any(begins))
}

/// Whether a word begins after these bytes. A terminal's colour sequence ends with the letter `m`,
/// which is not part of a word.
fn begins_word(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else {
        return true;
    };
    if *last == b'm' {
        let digits = |byte: &u8| !(byte.is_ascii_digit() || *byte == b';');
        let at = rest.iter().rposition(digits);
        if at.is_some_and(|at| rest[..=at].ends_with(b"\x1b[")) {
            return true;
        }
    }
    !last.is_ascii_alphanumeric()
}

/// The end of the key. White space, a quotation mark, or a separator of a URL or a sentence ends
/// it.
fn end_of_key(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || byte.is_ascii_control()
            || b"\"'`?&#,;()[]{}<>|\\".contains(byte)
    };
    let length = bytes[start..].iter().position(ends);
    let mut end = length.map_or(bytes.len(), |length| start + length);
    // The loop stops at the prefix at the latest, because a prefix ends with none of these.
    while b".:!".contains(&bytes[end - 1]) && !is_masked(&bytes[start..end]) {
        end -= 1;
    }
    end
}

/// Whether there is nothing to hide: the key is masked already, or it is a prefix alone.
fn is_masked(key: &[u8]) -> bool {
    let is_bare = |prefix: &[u8]| key.eq_ignore_ascii_case(prefix);
    if is_bare(ANY) || OURS.into_iter().any(is_bare) {
        return true;
    }
    key.strip_prefix(MASKED.as_bytes())
        .is_some_and(|end| end.len() <= SHOWN && end.iter().all(u8::is_ascii_alphanumeric))
}

/// Masks `scheme://user:password@…` and `…?password=…`.
fn mask_passwords(text: &str) -> Cow<'_, str> {
    const SEPARATOR: &str = "://";
    if !text.contains(SEPARATOR) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(SEPARATOR) {
        masked.push_str(before);
        masked.push_str(SEPARATOR);
        let ends = |character: char| character.is_whitespace() || "\"'`<>\\".contains(character);
        let (url, other) = after.split_at(after.find(ends).unwrap_or(after.len()));
        let url = match url.rsplit_once('@') {
            Some((user, host)) => match user.split_once(':') {
                Some((user, _)) => format!("{user}:{NOTHING}@{host}"),
                None => url.to_owned(),
            },
            None => url.to_owned(),
        };
        masked.push_str(&mask_parameters(&url));
        rest = other;
    }
    masked.push_str(rest);
    if masked == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(masked)
}

/// Masks the values of parameters whose name contains `pass`.
fn mask_parameters(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => {
            format!("{name}={NOTHING}")
        }
        _ => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(shown).collect();
    format!("{before}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests;
