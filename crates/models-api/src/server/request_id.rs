//! The id of a request. It is in the response, in the log, and in the message of a fault.

use std::cell::Cell;

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::mask;

/// The longest id that is accepted from a gateway, in characters.
const LONGEST: usize = 64;
/// The prefix of a generated id.
const PREFIX: &[u8; 4] = b"req_";
/// The difference between two consecutive ids: 2¹²⁸ divided by the golden ratio. It is odd, so that no id repeats before
/// all numbers are used, and large, so that consecutive ids look different.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

thread_local! {
    /// The last id of this thread. It starts at random, so that no two threads of any process use the same ids.
    static LAST: Cell<u128> = Cell::new(uuid::Uuid::now_v7().as_u128());
}

/// An id of visible ASCII characters, which needs no escapes in a header or in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// Generates an id in OpenAI's form: `req_` and 32 hexadecimal digits.
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

    /// Accepts a gateway's id if it consists of letters, digits and `-`, and is not a key.
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

/// Returns the two hexadecimal digits of a byte.
pub(crate) fn hexadecimal(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn generated_ids_differ_and_have_one_form() {
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
    fn a_gateways_id_has_only_letters_digits_and_hyphens_and_is_not_a_key() {
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
