//! How new the catalog must be that a response is made from.

use actix_http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

use crate::dialects::openai::error::ApiError;
use crate::http::revision::X_MODELS_MIN_REVISION;
use crate::node::Node;

/// Sees to it that memory is as new as a request demands: with `x-models-min-revision` as that,
/// with `Cache-Control: no-cache` as the catalog is now. A token of another history, or of none,
/// is one that memory cannot know to be met, and asks for the newest too.
pub(crate) async fn meet_demands(node: &Node, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut is_met = !headers.get_all(CACHE_CONTROL).any(says_no_cache);
    for token in headers.get_all(X_MODELS_MIN_REVISION) {
        let demand = node
            .read_token(token.as_bytes())
            .ok_or(ApiError::BadRequest(
                "X-Models-Min-Revision must be what an answer had as X-Models-Revision.",
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
