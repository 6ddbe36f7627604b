//! Hints for unknown paths.

use crate::routes::path::MODELS;

const BASE: &str =
    ". The base URL of this API ends in /v1, once: the list of models is at /v1/models.";
const INFERENCE: &str = ". This service lists models and does not forward inference; send this request to your gateway.";

/// Segments in the paths of OpenAI's, Anthropic's and Gemini's routes for inference.
const INFERENCE_SEGMENTS: [&str; 9] = [
    "completions",
    "responses",
    "embeddings",
    "images",
    "audio",
    "moderations",
    "realtime",
    "messages",
    "rerank",
];

/// Returns a suggestion to append to the error message. It begins with a full stop, or is empty.
pub(super) fn hint(path: &str) -> &'static str {
    // The base is right, but the path has no id.
    if path == MODELS {
        return "";
    }
    let has = |names: &[&str]| {
        path.split('/')
            .any(|segment| names.iter().any(|name| segment.eq_ignore_ascii_case(name)))
    };
    if has(&["models", "model"]) {
        BASE
    } else if has(&INFERENCE_SEGMENTS) {
        INFERENCE
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_wrong_base_has_a_hint() {
        for path in [
            "/models",
            "/models/gpt-4o",
            "/v1/v1/models",
            "/v1/v1/models/gpt-4o",
            "/v1//models",
            "//v1/models",
            "/V1/Models",
            "/api/v1/models",
            "/openai/models",
            "/v1/model",
        ] {
            assert_eq!(hint(path), BASE, "{path}");
        }
        assert_eq!(hint("/v1/chat/completions"), INFERENCE);
        for path in ["/v1/models/", "/v1", "/metrics", "/v1/modelsx"] {
            assert_eq!(hint(path), "", "{path}");
        }
    }
}
