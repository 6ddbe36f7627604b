//! The model in the body of a client's request.

mod error;
mod form;
mod json;

use std::io;

use actix_http::header::HeaderMap;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use futures_util::stream::{self, StreamExt};

pub(crate) use self::error::BodyError;
use self::json::Scanner;
use crate::http::streamed::Streamed;

/// The header with which Envoy says that it sends only the beginning of a body.
const PARTIAL: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");
const MULTIPART: &str = "multipart/";

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyForm {
    /// JSON.
    Json,
    /// `multipart/form-data` if `Content-Type` says so, otherwise JSON.
    FormOrJson,
}

/// Finds the model in the body while the body arrives.
pub(crate) async fn find_model(
    headers: &HeaderMap,
    mut body: Streamed,
    form: BodyForm,
) -> Result<String, BodyError> {
    if is_partial(headers) || is_encoded(headers) {
        return Err(BodyError::Malformed);
    }
    let content_type = content_type(headers)?;
    if has_other_charset(content_type) {
        return Err(BodyError::Malformed);
    }
    let Some(first) = body.next().await else {
        return Err(BodyError::Empty);
    };
    let mut pieces = Box::pin(stream::iter([first]).chain(body.into_stream()));
    let kind = content_type.trim_start().get(..MULTIPART.len());
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case(MULTIPART)) {
        return match form {
            BodyForm::FormOrJson => form::model(content_type, pieces).await,
            BodyForm::Json => Err(BodyError::Malformed),
        };
    }
    if !is_json(content_type) {
        return Err(BodyError::Malformed);
    }
    let mut scanner = Scanner::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| {
            if error.kind() == io::ErrorKind::FileTooLarge {
                BodyError::TooLarge
            } else {
                BodyError::Malformed
            }
        })?;
        scanner.scan(&piece)?;
    }
    scanner.finish()
}

/// Whether the gateway sent only the beginning of the body.
fn is_partial(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(PARTIAL);
    values.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"false"))
}

/// Whether the body has a content coding, such as gzip.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_ENCODING);
    values.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The value of `Content-Type`, which may be absent. Fails if the header is repeated: programs use different ones.
fn content_type(headers: &HeaderMap) -> Result<&str, BodyError> {
    let mut values = headers.get_all(CONTENT_TYPE);
    match (values.next(), values.next()) {
        (None, _) => Ok(""),
        (Some(value), None) => value.to_str().map_err(|_| BodyError::Malformed),
        (Some(_), Some(_)) => Err(BodyError::Malformed),
    }
}

/// Whether the type is JSON, or absent. Programs read the same bytes in another way if they have another type, such as that
/// of the forms of HTML.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.is_empty() || kind.eq_ignore_ascii_case("application/json")
}

/// Whether the type names another character encoding than UTF-8. In another encoding, such as UTF-7, the same bytes can
/// have other keys.
fn has_other_charset(content_type: &str) -> bool {
    let lower = content_type.to_ascii_lowercase();
    let mut parameters = lower.split(';').skip(1);
    parameters.any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let is_utf_8 = matches!(value.trim().trim_matches('"'), "utf-8" | "utf8");
        name.trim().starts_with("charset") && !is_utf_8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read_as_json() {
        for (content_type, expected) in [
            ("", true),
            ("application/json", true),
            ("Application/JSON ; charset=utf-8", true),
            ("application/x-www-form-urlencoded", false),
            ("text/plain", false),
            ("application/jsonx", false),
        ] {
            assert_eq!(is_json(content_type), expected, "{content_type}");
        }
    }

    #[test]
    fn a_type_names_utf_8_or_no_encoding() {
        for (content_type, expected) in [
            ("", false),
            ("application/json", false),
            ("application/json; charset=utf-8", false),
            ("Application/JSON;Charset=\"UTF-8\"", false),
            ("application/json; charset=utf-7", true),
            ("application/json; charset=utf-8; charset=utf-16", true),
            ("application/json; charset", true),
            ("application/json; charset*=utf-7", true),
        ] {
            assert_eq!(has_other_charset(content_type), expected, "{content_type}");
        }
    }
}
