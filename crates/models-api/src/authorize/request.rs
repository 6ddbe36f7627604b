//! An authorization request: the client's method, path and model, as the gateway states them.
//!
//! Several programs write its headers: the gateway, an earlier hop, and the client, whose headers many gateways forward. So
//! all headers that state the same value must agree. The service never chooses between two values.

use std::borrow::Cow;

use actix_http::header::HeaderMap;
use actix_http::{Method, RequestHead};
use actix_web::http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode;

use super::body::{BodyError, BodyForm};
use super::known::{self, Known, Place};
use super::path::Path;
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::error::parameter::ParameterProblem;

/// The headers with the method of the client's request.
const METHODS: [HeaderName; 2] = [
    HeaderName::from_static("x-forwarded-method"),
    HeaderName::from_static("x-original-method"),
];
/// The headers with the path and the query of the client's request.
const TARGETS: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-original-uri"),
    HeaderName::from_static("x-envoy-original-path"),
];
/// The header with the model, percent-encoded.
const ENCODED_MODEL: HeaderName = HeaderName::from_static("x-models-model");
/// The headers with the model as it is.
const MODELS: [HeaderName; 2] = [
    HeaderName::from_static("x-gateway-model-name"),
    HeaderName::from_static("x-ai-eg-model"),
];

/// An authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorizationRequest {
    /// The place of the model; `None` if the gateway states no path.
    place: Option<Place>,
    /// The model that the headers, the path and the query name.
    model: Option<String>,
    /// The keys in the query of one of Gemini's paths.
    keys: Vec<String>,
}

impl AuthorizationRequest {
    /// Reads this head, of which `rest` is the target below `/v1/authorize`. Paths at or below `open_paths` need
    /// no route that is known.
    pub(crate) fn of(
        head: &RequestHead,
        rest: &str,
        open_paths: &[Path<'_>],
    ) -> Result<Self, ApiError> {
        let headers = head.headers();
        let mut model = None;
        for name in models(headers) {
            agree(&mut model, name?)?;
        }
        let mut target = None;
        for value in TARGETS.iter().flat_map(|name| headers.get_all(name)) {
            agree_on(
                &mut target,
                text(value)?,
                "The gateway's headers name different URIs.",
            )?;
        }
        if !rest.is_empty() && !rest.starts_with('?') {
            agree_on(
                &mut target,
                rest,
                "The gateway's headers and path name different URIs.",
            )?;
        }
        let Some(target) = target else {
            return Ok(Self {
                place: None,
                model,
                keys: vec![],
            });
        };
        let (sent, query) = target.split_once('?').unwrap_or((target, ""));
        let path = Path::decode(sent)
            .map_err(|_| ApiError::BadRequest("The client's path can be read in several ways."))?;
        let method = method(head)?;
        let is_open = || open_paths.iter().any(|open| path.is_below(open));
        let place = match known::find(&method, &path) {
            Some(Known {
                place,
                model: named,
            }) => {
                if let Some(named) = named {
                    agree(&mut model, named)?;
                }
                place
            }
            None if is_open() => Place::Nowhere,
            None => return Err(unknown(&method, sent)),
        };
        if place == Place::Query {
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                if name == "model" {
                    agree(&mut model, value)?;
                }
            }
        }
        let mut keys = vec![];
        if known::is_of_gemini(&path) {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            keys.extend(
                pairs
                    .filter(|(name, _)| name == "key")
                    .map(|(_, key)| key.into_owned()),
            );
        }
        Ok(Self {
            place: Some(place),
            model,
            keys,
        })
    }

    /// The form of the body that may name the model. `None` if the service reads no body.
    pub(crate) fn body(&self) -> Option<BodyForm> {
        match self.place {
            Some(Place::Json) => Some(BodyForm::Json),
            Some(Place::Form | Place::Path) => Some(BodyForm::FormOrJson),
            Some(Place::Query | Place::Nowhere) => None,
            // The gateway states a model and no path.
            None => self.model.is_none().then_some(BodyForm::Json),
        }
    }

    /// Adds the result of reading the body.
    pub(crate) fn add_body(&mut self, found: Result<String, BodyError>) -> Result<(), ApiError> {
        match found {
            Ok(named) => agree(&mut self.model, named.into()),
            // The head has the model of a body that the gateway does not forward.
            Err(BodyError::Empty) => Ok(()),
            // The path has the model, and the body need not repeat it.
            Err(BodyError::NoModel) if self.place == Some(Place::Path) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    /// The model that the request calls; `None` if the key alone decides.
    pub(crate) fn model(&self) -> Result<Option<&str>, ApiError> {
        let needs_model = self.place != Some(Place::Nowhere);
        if needs_model && self.model.is_none() {
            return Err(model_problem(ParameterProblem::Missing));
        }
        Ok(self.model.as_deref())
    }

    /// The keys in the query of one of Gemini's paths.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(String::as_bytes)
    }
}

/// Notes a name of the model. Fails if another name was noted before.
fn agree(model: &mut Option<String>, named: Cow<'_, str>) -> Result<(), ApiError> {
    match model {
        Some(noted) if **noted != *named => Err(ApiError::AmbiguousModel),
        Some(_) => Ok(()),
        None => {
            *model = Some(named.into_owned());
            Ok(())
        }
    }
}

/// Notes a text. Fails with this message if another text was noted before.
fn agree_on<'a>(
    noted: &mut Option<&'a str>,
    text: &'a str,
    message: &'static str,
) -> Result<(), ApiError> {
    match noted {
        Some(noted) if *noted != text => Err(ApiError::BadRequest(message)),
        Some(_) | None => {
            *noted = Some(text);
            Ok(())
        }
    }
}

fn unknown(method: &Method, path: &str) -> ApiError {
    ApiError::UnknownUrl {
        method: method.to_string(),
        path: path.to_owned(),
        hint: "",
    }
}

fn not_text() -> ApiError {
    ApiError::BadRequest("A header of the gateway is not UTF-8.")
}

fn model_problem(problem: ParameterProblem) -> ApiError {
    let name = "model".to_owned();
    ApiError::InvalidParameter { name, problem }
}

fn refused(error: BodyError) -> ApiError {
    match error {
        BodyError::Malformed => ApiError::BadRequest(
            "The body is not what its route needs: a JSON object, or a form with one boundary and plain names.",
        ),
        BodyError::TooDeep => ApiError::BadRequest(
            "The body has more than 127 levels, or a form with more than 1,000 parts.",
        ),
        BodyError::TooLarge => ApiError::BodyTooLarge,
        BodyError::Empty | BodyError::NoModel => model_problem(ParameterProblem::Missing),
        BodyError::TwoModels | BodyError::KeyInOtherCase => ApiError::AmbiguousModel,
        BodyError::ModelIsNoText => model_problem(ParameterProblem::Value(Cow::Borrowed(
            "must be a string of at most 1,024 bytes",
        ))),
    }
}

/// The method of the client's request.
fn method(head: &RequestHead) -> Result<Method, ApiError> {
    let mut method = None;
    for value in METHODS.iter().flat_map(|name| head.headers().get_all(name)) {
        agree_on(
            &mut method,
            text(value)?,
            "The gateway's headers name different methods.",
        )?;
    }
    match method {
        None => Ok(head.method.clone()),
        Some(method) => Method::from_bytes(method.as_bytes())
            .map_err(|_| ApiError::BadRequest("The gateway's headers name no method.")),
    }
}

/// The models that headers name.
fn models(headers: &HeaderMap) -> impl Iterator<Item = Result<Cow<'_, str>, ApiError>> {
    let encoded = headers.get_all(ENCODED_MODEL).map(|value| {
        let decoded = percent_decode(value.as_bytes()).decode_utf8();
        decoded.map_err(|_| not_text())
    });
    let plain = MODELS.into_iter().flat_map(|name| headers.get_all(name));
    encoded.chain(plain.map(|value| text(value).map(Cow::Borrowed)))
}

fn text(value: &HeaderValue) -> Result<&str, ApiError> {
    std::str::from_utf8(value.as_bytes()).map_err(|_| not_text())
}

#[cfg(test)]
mod tests;
