//! The minimum revision that a request demands.

use actix_http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

use crate::dialects::openai::error::ApiError;
use crate::http::revision::X_MODELS_MIN_REVISION;
use crate::node::Node;

/// Catches up with the event log if memory is older than the request demands. `x-models-min-revision` demands its
/// revision, and `Cache-Control: no-cache` the newest one. A token of another epoch also demands the newest revision,
/// because memory cannot compare it. Fails if a token is malformed.
pub(crate) async fn meet_demands(node: &Node, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut is_met = !headers.get_all(CACHE_CONTROL).any(says_no_cache);
    for token in headers.get_all(X_MODELS_MIN_REVISION) {
        let demand = node
            .read_token(token.as_bytes())
            .ok_or(ApiError::BadRequest(
                "X-Models-Min-Revision must be the X-Models-Revision of an earlier response.",
            ))?;
        is_met &= node.is_met(&demand);
    }
    if !is_met {
        node.catch_up().await?;
    }
    Ok(())
}

fn says_no_cache(value: &HeaderValue) -> bool {
    let mut directives = value.as_bytes().split(|byte| *byte == b',');
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
}
