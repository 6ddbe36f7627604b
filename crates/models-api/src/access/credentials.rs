//! The credential of a request.

use actix_web::http::header::HeaderValue;
use serde::Deserialize;

use crate::dialects::openai::error::ApiError;
use crate::http::fields::{Field, Fields};

/// A place in which a request may carry a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialPlace {
    /// `Authorization: Bearer KEY`, OpenAI's own place.
    Authorization,
    /// `x-api-key: KEY`, Anthropic's place.
    XApiKey,
    /// `x-goog-api-key: KEY`, Gemini's place.
    XGoogApiKey,
    /// `api-key: KEY`, Azure's place.
    ApiKey,
    /// The parameter `key` of the query, Gemini's second place. It counts on Gemini's paths alone.
    Key,
}

/// The places in which the service looks for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CredentialPlaces(u8);

impl CredentialPlaces {
    /// `Authorization` alone: the place of admin keys.
    pub(crate) const AUTHORIZATION: Self = Self(1 << CredentialPlace::Authorization as u8);

    pub(crate) fn has(self, place: CredentialPlace) -> bool {
        self.0 & 1 << place as u8 != 0
    }

    /// Returns the token of a request. Fails as [`Self::found`] does, and if no header has a token.
    pub(crate) fn token<'a>(self, fields: &Fields<'a>) -> Result<&'a [u8], ApiError> {
        self.found(fields)?.ok_or(ApiError::MissingCredentials)
    }

    /// Returns the token in the one header that has one, or the same token in several. Fails if two headers have different
    /// tokens, and if a header is repeated or malformed.
    pub(crate) fn found<'a>(self, fields: &Fields<'a>) -> Result<Option<&'a [u8]>, ApiError> {
        let mut found = None;
        if self.has(CredentialPlace::Authorization) {
            add(&mut found, authorization(fields)?)?;
        }
        for (place, field) in [
            (CredentialPlace::XApiKey, fields.x_api_key),
            (CredentialPlace::XGoogApiKey, fields.x_goog_api_key),
            (CredentialPlace::ApiKey, fields.api_key),
        ] {
            if self.has(place) && field != Field::Absent {
                add(&mut found, header(field)?)?;
            }
        }
        Ok(found)
    }
}

impl FromIterator<CredentialPlace> for CredentialPlaces {
    fn from_iter<I: IntoIterator<Item = CredentialPlace>>(places: I) -> Self {
        Self(
            places
                .into_iter()
                .fold(0, |set, place| set | 1 << place as u8),
        )
    }
}

/// Notes a token. Fails if another token was noted before.
pub(crate) fn add<'a>(
    found: &mut Option<&'a [u8]>,
    token: Option<&'a [u8]>,
) -> Result<(), ApiError> {
    match (*found, token) {
        (Some(noted), Some(token)) if noted != token => Err(ApiError::DifferentCredentials),
        (None, Some(_)) => {
            *found = token;
            Ok(())
        }
        (_, None) | (Some(_), Some(_)) => Ok(()),
    }
}

/// Returns the token of the `Authorization` header: everything after the first space of `Bearer …`. The scheme is not
/// case-sensitive. Fails if the header is repeated or malformed.
fn authorization<'a>(fields: &Fields<'a>) -> Result<Option<&'a [u8]>, ApiError> {
    match fields.authorization {
        Field::Absent => Ok(None),
        Field::Repeated => Err(ApiError::BadRequest(
            "There must be one Authorization header.",
        )),
        Field::Once(value) => bearer(value)
            .filter(|token| !token.trim_ascii().is_empty())
            .map(Some)
            .ok_or(ApiError::MalformedCredentials),
    }
}

fn bearer(authorization: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: usize = "Bearer ".len();
    let (scheme, token) = authorization.as_bytes().split_at_checked(SCHEME)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// Returns the token of a header that holds nothing else. An empty header holds none: SDKs send one for an empty
/// environment variable.
fn header(field: Field<'_>) -> Result<Option<&[u8]>, ApiError> {
    match field {
        Field::Absent => Ok(None),
        Field::Repeated => Err(ApiError::BadRequest(
            "Each header with an API key may occur once.",
        )),
        Field::Once(value) => {
            let token = value.as_bytes();
            Ok((!token.trim_ascii().is_empty()).then_some(token))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_http::test::TestRequest;

    use super::*;

    const ALL: [CredentialPlace; 4] = [
        CredentialPlace::Authorization,
        CredentialPlace::XApiKey,
        CredentialPlace::XGoogApiKey,
        CredentialPlace::ApiKey,
    ];

    fn token(places: &[CredentialPlace], headers: &[(&str, &str)]) -> Result<String, ApiError> {
        let mut request = TestRequest::default();
        for header in headers {
            request.append_header(*header);
        }
        let request = request.finish();
        let places: CredentialPlaces = places.iter().copied().collect();
        let token = places.token(&Fields::of(request.head()))?;
        Ok(String::from_utf8_lossy(token).into_owned())
    }

    #[test]
    fn a_key_may_be_in_each_accepted_place() {
        for (index, header) in [
            ("Authorization", "Bearer sk-a"),
            ("X-Api-Key", "sk-a"),
            ("x-goog-api-key", "sk-a"),
            ("api-key", "sk-a"),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(token(&ALL, &[header]).as_deref(), Ok("sk-a"), "{header:?}");
            assert_eq!(token(&ALL[index..=index], &[header]).as_deref(), Ok("sk-a"));
            let others: Vec<_> = ALL
                .into_iter()
                .filter(|place| *place != ALL[index])
                .collect();
            assert_eq!(token(&others, &[header]), Err(ApiError::MissingCredentials));
        }
        assert_eq!(token(&ALL, &[]), Err(ApiError::MissingCredentials));
        assert_eq!(
            token(&ALL, &[("x-api-key", "")]),
            Err(ApiError::MissingCredentials)
        );
    }

    #[test]
    fn two_places_must_have_the_same_key() {
        let same = [
            ("Authorization", "Bearer sk-a"),
            ("x-api-key", "sk-a"),
            ("api-key", ""),
        ];
        assert_eq!(token(&ALL, &same).as_deref(), Ok("sk-a"));
        let different = [("Authorization", "Bearer sk-a"), ("api-key", "sk-b")];
        assert_eq!(token(&ALL, &different), Err(ApiError::DifferentCredentials));
        assert_eq!(token(&ALL[..1], &different).as_deref(), Ok("sk-a"));
        assert_eq!(token(&ALL[3..], &different).as_deref(), Ok("sk-b"));
        let malformed = [("Authorization", "Basic eA=="), ("api-key", "sk-b")];
        assert_eq!(token(&ALL, &malformed), Err(ApiError::MalformedCredentials));
        assert_eq!(token(&ALL[1..], &malformed).as_deref(), Ok("sk-b"));
    }

    #[test]
    fn a_place_may_occur_once() {
        for name in ["Authorization", "x-api-key", "x-goog-api-key", "api-key"] {
            let twice = [(name, "Bearer sk-a"), (name, "Bearer sk-a")];
            assert!(
                matches!(token(&ALL, &twice), Err(ApiError::BadRequest(_))),
                "{name}"
            );
        }
    }
}
