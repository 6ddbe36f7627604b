//! The routes of upstream APIs, and the place where each names its model.

use std::borrow::Cow;

use actix_http::Method;

use super::path::Path;

/// The place where a request names its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The key `model` of a JSON body.
    Json,
    /// The field `model` of a form (`multipart/form-data`), or the key `model` of a JSON body.
    Form,
    /// The parameter `model` of the query.
    Query,
    /// The path. The body may repeat the model.
    Path,
    /// Nowhere: the key alone decides.
    Nowhere,
}

/// A route of an upstream API.
#[derive(Debug)]
pub(crate) struct KnownRoute {
    method: Method,
    /// Segments. `*` is any segment, `{model}` a segment with the model, `{model}:verb` a segment that ends with this verb,
    /// and `{model...}` the rest of the path.
    pattern: &'static str,
    pub(crate) place: Place,
}

/// A route, and the model in its path.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) place: Place,
    /// Whether the route belongs to Gemini's API.
    pub(crate) is_of_gemini: bool,
    pub(crate) model: Option<Cow<'a, str>>,
}

/// The paths below which OpenAI's routes are: its own, that of Azure's v1 API, and that of Gemini's compatible API.
const OPENAI_BASES: [&[&str]; 3] = [&["v1"], &["openai", "v1"], &["v1beta", "openai"]];

const fn route(method: Method, pattern: &'static str, place: Place) -> KnownRoute {
    KnownRoute {
        method,
        pattern,
        place,
    }
}

const fn get(pattern: &'static str, place: Place) -> KnownRoute {
    route(Method::GET, pattern, place)
}

const fn post(pattern: &'static str, place: Place) -> KnownRoute {
    route(Method::POST, pattern, place)
}

const fn delete(pattern: &'static str, place: Place) -> KnownRoute {
    route(Method::DELETE, pattern, place)
}

/// OpenAI's routes, below each of their bases.
/// Source: the paths of `openapi.yaml` in openai/openai-openapi. Routes whose requests can have models in nested objects or in
/// files, such as batches, fine-tuning jobs and Realtime sessions, are not here.
static OPENAI: [KnownRoute; 41] = [
    get("models", Place::Nowhere),
    get("models/{model...}", Place::Path),
    delete("models/{model...}", Place::Path),
    post("chat/completions", Place::Json),
    get("chat/completions", Place::Nowhere),
    get("chat/completions/*", Place::Nowhere),
    post("chat/completions/*", Place::Nowhere),
    delete("chat/completions/*", Place::Nowhere),
    get("chat/completions/*/messages", Place::Nowhere),
    post("responses", Place::Json),
    post("responses/input_tokens", Place::Json),
    post("responses/compact", Place::Json),
    get("responses/*", Place::Nowhere),
    delete("responses/*", Place::Nowhere),
    post("responses/*/cancel", Place::Nowhere),
    get("responses/*/input_items", Place::Nowhere),
    post("completions", Place::Json),
    post("embeddings", Place::Json),
    post("moderations", Place::Json),
    post("images/generations", Place::Json),
    post("images/edits", Place::Form),
    post("images/variations", Place::Form),
    post("audio/speech", Place::Json),
    post("audio/transcriptions", Place::Form),
    post("audio/translations", Place::Form),
    get("realtime", Place::Query),
    post("videos", Place::Form),
    get("videos", Place::Nowhere),
    get("videos/*", Place::Nowhere),
    get("videos/*/content", Place::Nowhere),
    delete("videos/*", Place::Nowhere),
    get("fine_tuning/jobs", Place::Nowhere),
    get("fine_tuning/jobs/*", Place::Nowhere),
    post("fine_tuning/jobs/*/cancel", Place::Nowhere),
    get("fine_tuning/jobs/*/events", Place::Nowhere),
    get("fine_tuning/jobs/*/checkpoints", Place::Nowhere),
    post("files", Place::Nowhere),
    get("files", Place::Nowhere),
    get("files/*", Place::Nowhere),
    delete("files/*", Place::Nowhere),
    get("files/*/content", Place::Nowhere),
];

/// The routes of the other APIs.
static OTHERS: [KnownRoute; 24] = [
    // Anthropic: docs.anthropic.com, "API reference".
    post("v1/messages", Place::Json),
    post("v1/messages/count_tokens", Place::Json),
    post("v1/complete", Place::Json),
    // Azure OpenAI: learn.microsoft.com, "Azure OpenAI REST API reference", data plane.
    post("openai/deployments/{model}/chat/completions", Place::Path),
    post("openai/deployments/{model}/completions", Place::Path),
    post("openai/deployments/{model}/embeddings", Place::Path),
    post("openai/deployments/{model}/images/generations", Place::Path),
    post("openai/deployments/{model}/images/edits", Place::Path),
    post("openai/deployments/{model}/audio/speech", Place::Path),
    post(
        "openai/deployments/{model}/audio/transcriptions",
        Place::Path,
    ),
    post("openai/deployments/{model}/audio/translations", Place::Path),
    // Gemini: ai.google.dev, "API reference".
    get("v1beta/models", Place::Nowhere),
    get("v1beta/models/{model}", Place::Path),
    post("v1beta/models/{model}:generateContent", Place::Path),
    post("v1beta/models/{model}:streamGenerateContent", Place::Path),
    post("v1beta/models/{model}:embedContent", Place::Path),
    post("v1/models/{model}:generateContent", Place::Path),
    post("v1/models/{model}:streamGenerateContent", Place::Path),
    // vLLM: docs.vllm.ai, "OpenAI-Compatible Server".
    post("v1/rerank", Place::Json),
    post("v1/score", Place::Json),
    // Amazon Bedrock Runtime: docs.aws.amazon.com, "Amazon Bedrock Runtime".
    post("model/{model}/invoke", Place::Path),
    post("model/{model}/invoke-with-response-stream", Place::Path),
    post("model/{model}/converse", Place::Path),
    post("model/{model}/converse-stream", Place::Path),
];

/// Finds the route of this method and path. `HEAD` is a `GET` whose response has no body.
pub(crate) fn find<'a>(method: &Method, path: &'a Path<'_>) -> Option<Known<'a>> {
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let segments = path.segments();
    let below = OPENAI_BASES.iter().filter_map(|base| {
        let is_base = segments.len() > base.len() && base.iter().zip(segments).all(|(a, b)| a == b);
        is_base.then(|| (&OPENAI[..], &segments[base.len()..]))
    });
    for (routes, segments) in below.chain([(&OTHERS[..], segments)]) {
        for route in routes {
            if route.method == *method
                && let Some(known) = matched(route, segments)
            {
                return Some(known);
            }
        }
    }
    None
}

/// Matches the segments with the pattern of a route.
fn matched<'a>(route: &KnownRoute, segments: &'a [Cow<'_, str>]) -> Option<Known<'a>> {
    let mut segments = segments.iter();
    let mut model = None;
    for expected in route.pattern.split('/') {
        let segment = segments.next()?;
        if let Some(rest) = expected.strip_prefix("{model}") {
            let name = segment.strip_suffix(rest).filter(|name| !name.is_empty())?;
            model = Some(Cow::Borrowed(name));
        } else if expected == "{model...}" {
            let mut name = Cow::Borrowed(&**segment);
            for segment in segments.by_ref() {
                let name = name.to_mut();
                name.push('/');
                name.push_str(segment);
            }
            model = Some(name);
        } else if expected == "*" {
            if !is_plain_id(segment) {
                return None;
            }
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(Known {
        place: route.place,
        is_of_gemini: route.pattern.starts_with("v1beta/models") || route.pattern.contains("}:"),
        model,
    })
}

/// Whether the segment is an id such as `file-abc_1`. Programs read other segments in different ways.
fn is_plain_id(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    segment.bytes().all(is_plain)
}

#[cfg(test)]
mod tests;
