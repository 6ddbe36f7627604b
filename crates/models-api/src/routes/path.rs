//! The model id in a path: everything after `/v1/models/`, percent-decoded exactly once.
//!
//! The router's own decoding is lossy: `%ff` and `%fe` become the same character, and so do `%` and `%25`. This module
//! therefore decodes the path as the client sent it, and refuses malformed escapes.

use models_core::ModelId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

use crate::http::escapes::has_whole_escapes;

/// The path of the list.
pub const LIST: &str = "/v1/models";
/// The beginning of each model's path.
pub const MODELS: &str = "/v1/models/";

/// The characters of an id that are percent-encoded in a path. A slash is not.
pub(crate) const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'+');

/// Returns the id in this path. The error is the text that is not an id, as the client sent it.
pub fn model_id(path: &str) -> Result<ModelId, &str> {
    let sent = path.strip_prefix(MODELS).unwrap_or(path);
    decode(sent).ok_or(sent)
}

fn decode(sent: &str) -> Option<ModelId> {
    if !has_whole_escapes(sent) {
        return None;
    }
    percent_decode_str(sent)
        .decode_utf8()
        .ok()?
        .into_owned()
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use percent_encoding::utf8_percent_encode;
    use proptest::prelude::*;

    use super::*;

    fn id(path: &str) -> Option<String> {
        model_id(path).ok().map(String::from)
    }

    #[test]
    fn slashes_colons_and_pluses_are_part_of_the_id() {
        for (path, expected) in [
            ("/v1/models/meta-llama/Llama-3-8B", "meta-llama/Llama-3-8B"),
            (
                "/v1/models/meta-llama%2FLlama-3-8B",
                "meta-llama/Llama-3-8B",
            ),
            (
                "/v1/models/meta-llama%2fLlama-3-8B",
                "meta-llama/Llama-3-8B",
            ),
            (
                "/v1/models/ft:gpt-4o-mini:acemeco:suffix:abc123",
                "ft:gpt-4o-mini:acemeco:suffix:abc123",
            ),
            ("/v1/models/ft%3Agpt-4o-mini", "ft:gpt-4o-mini"),
            ("/v1/models/a%252Fb", "a%2Fb"),
            ("/v1/models/a+b", "a+b"),
            ("/v1/models/a%20b", "a b"),
            ("/v1/models/@cf/meta", "@cf/meta"),
            ("/v1/models/%E6%A8%A1", "模"),
            ("/v1/models/a//b", "a//b"),
            ("/v1/models/a/", "a/"),
        ] {
            assert_eq!(id(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_malformed_id_is_returned_as_the_client_sent_it() {
        for sent in [
            "%",
            "%a",
            "%zz",
            "a%2",
            "%ff",
            "%fe",
            "%C3",
            "%00",
            "a%0d%0aX:1",
            ".",
            "..",
            "%2e%2e%2fadmin",
            "a/../b",
            "",
        ] {
            assert_eq!(model_id(&format!("/v1/models/{sent}")), Err(sent));
        }
        let long = "a".repeat(257);
        assert_eq!(model_id(&format!("/v1/models/{long}")), Err(long.as_str()));
    }

    /// Decodes a path to bytes. Two paths with the same bytes have the same id.
    fn bytes(path: &str) -> Vec<u8> {
        percent_decode_str(path).collect()
    }

    proptest! {
        #[test]
        fn two_accepted_paths_have_the_same_id_only_if_they_differ_in_escapes_alone(
            a in "(a|b|/|%|%25|%2F|%2f|%61|%C3|%A9|%C3%A9|\\+|%2B|%20| ){0,6}",
            b in "(a|b|/|%|%25|%2F|%2f|%61|%C3|%A9|%C3%A9|\\+|%2B|%20| ){0,6}",
        ) {
            if let (Some(first), Some(second)) = (id(&format!("{MODELS}{a}")), id(&format!("{MODELS}{b}"))) {
                prop_assert_eq!(first == second, bytes(&a) == bytes(&b), "{} {}", a, b);
            }
        }

        #[test]
        fn an_encoded_id_is_decoded_to_itself(text in "\\PC{1,60}") {
            prop_assume!(text.parse::<ModelId>().is_ok());
            let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(id(&format!("{MODELS}{encoded}")), Some(text.clone()));
            let encoded = utf8_percent_encode(&text, IN_PATH).to_string();
            prop_assert_eq!(id(&format!("{MODELS}{encoded}")), Some(text));
        }
    }
}
