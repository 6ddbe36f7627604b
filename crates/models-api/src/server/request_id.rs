//! The id of a request: in the answer, in the log, and in what a fault says.

use std::cell::Cell;

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::mask;

/// The longest id that is taken from a gateway, in characters.
const LONGEST: usize = 64;
/// Before the digits of an id that is made here.
const PREFIX: &[u8; 4] = b"req_";
/// Odd, so that adding it passes through all numbers before one comes again; and large, so that ids
/// that follow each other look nothing alike. 2¹²⁸ divided by the golden ratio.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

thread_local! {
    /// The last id of this thread. Random at first, so no two threads of any process come near each
    /// other.
    static LAST: Cell<u128> = Cell::new(uuid::Uuid::now_v7().as_u128());
}

/// Visible ASCII characters that can stand in a header and in the log as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// `req_` and 32 hexadecimal digits, as OpenAI's are.
    pub(crate) fn new() -> Self {
        let number = LAST.get().wrapping_add(STEP);
        LAST.set(number);
        let mut text = [0; PREFIX.len() + 32];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            pair.copy_from_slice(&hexadecimal(byte));
        }
        let value = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(&text));
        Self(value.unwrap_or_else(|_| HeaderValue::from_static("req_0")))
    }

    /// The gateway's id, if it is letters, digits and `-` alone, and no key.
    pub(crate) fn given(value: &HeaderValue) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let is_one = (1..=LONGEST).contains(&value.len()) && value.as_bytes().iter().all(allowed);
        let text = value.to_str().ok().filter(|_| is_one)?;
        (mask(text) == text).then(|| Self(value.clone()))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl From<RequestId> for HeaderValue {
    fn from(RequestId(value): RequestId) -> Self {
        value
    }
}

/// Two digits.
pub(crate) fn hexadecimal(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_that_are_made_are_all_different_and_of_one_form() {
        let ids: HashSet<String> = (0..1_000)
            .map(|_| RequestId::new().as_str().to_owned())
            .collect();
        assert_eq!(ids.len(), 1_000);
        for id in &ids {
            let digits = id.strip_prefix("req_").unwrap();
            assert!(
                digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
                "{id}"
            );
        }
        let others = std::thread::spawn(|| RequestId::new().as_str().to_owned());
        assert!(!ids.contains(&others.join().unwrap()));
    }

    #[test]
    fn a_given_id_cannot_carry_anything_else() {
        for (text, expected) in [
            ("abc-123", true),
            ("", false),
            ("a b", false),
            ("sk-abc", false),
            ("a\"b", false),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
        ] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(RequestId::given(&value).is_some(), expected, "{text}");
        }
    }
}
