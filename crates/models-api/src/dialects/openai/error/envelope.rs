//! OpenAI's error envelope.

use serde::Serialize;
use utoipa::ToSchema;

/// A failure.
#[derive(Serialize, ToSchema)]
#[schema(as = ErrorResponse)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope<'a> {
    #[schema(inline)]
    pub(super) error: ErrorObject<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorObject<'a> {
    pub(super) message: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[schema(required)]
    pub(super) param: Option<&'a str>,
    #[schema(required)]
    pub(super) code: Option<&'static str>,
}
