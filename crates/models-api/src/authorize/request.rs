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
use super::known::{self, Place};
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
    /// Whether the path belongs to Gemini's API.
    is_of_gemini: bool,
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
                "The headers have different URIs.",
            )?;
        }
        let is_in_path = !rest.is_empty() && !rest.starts_with('?');
        if is_in_path {
            agree_on(
                &mut target,
                rest,
                "The headers and the path have different URIs.",
            )?;
        }
        let Some(target) = target else {
            return Ok(Self {
                place: None,
                is_of_gemini: false,
                model,
                keys: vec![],
            });
        };
        let (sent, query) = target.split_once('?').unwrap_or((target, ""));
        let path = Path::decode(sent)
            .map_err(|_| ApiError::BadRequest("The client's path can be read in several ways."))?;
        let method = method(head, is_in_path)?;
        let is_open = || open_paths.iter().any(|open| path.is_below(open));
        let (place, is_of_gemini) = match known::find(&method, &path) {
            Some(known) => {
                if let Some(named) = known.model {
                    agree(&mut model, named)?;
                }
                (known.place, known.is_of_gemini)
            }
            None if is_open() => (Place::Nowhere, false),
            None => return Err(unknown(&method, sent)),
        };
        let mut keys = vec![];
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                // Some upstreams prefer the query to the body.
                "model" => agree(&mut model, value)?,
                "key" if is_of_gemini => keys.push(value.into_owned()),
                name if name.eq_ignore_ascii_case("model") => return Err(ApiError::AmbiguousModel),
                _ => {}
            }
        }
        Ok(Self {
            place: Some(place),
            is_of_gemini,
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
            Ok(named) => {
                // Gemini's bodies repeat the model with the beginning of its path.
                let prefix = if self.is_of_gemini { "models/" } else { "" };
                let named = named.strip_prefix(prefix).unwrap_or(&named);
                agree(&mut self.model, named.into())
            }
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

/// Stores the model. Fails if another model was stored before.
fn agree(model: &mut Option<String>, named: Cow<'_, str>) -> Result<(), ApiError> {
    match model {
        Some(stored) if **stored != *named => Err(ApiError::AmbiguousModel),
        Some(_) => Ok(()),
        None => {
            *model = Some(named.into_owned());
            Ok(())
        }
    }
}

/// Stores a text. Fails with this message if another text was stored before.
fn agree_on<'a>(
    stored: &mut Option<&'a str>,
    text: &'a str,
    message: &'static str,
) -> Result<(), ApiError> {
    match stored {
        Some(stored) if *stored != text => Err(ApiError::BadRequest(message)),
        Some(_) | None => {
            *stored = Some(text);
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
            "The body is not a JSON object of type application/json, nor a form that all programs read alike.",
        ),
        BodyError::TooDeep => ApiError::BadRequest(
            "The body has more than 127 levels, or a form with more than 1,000 parts.",
        ),
        BodyError::TooLarge => ApiError::BodyTooLarge,
        BodyError::Empty | BodyError::NoModel => model_problem(ParameterProblem::Missing),
        BodyError::TwoModels | BodyError::KeyInOtherCase | BodyError::FurtherModels => {
            ApiError::AmbiguousModel
        }
        BodyError::ModelIsNoText => model_problem(ParameterProblem::Value(Cow::Borrowed(
            "must be a string of at most 1,024 bytes",
        ))),
    }
}

/// The method of the client's request. It is the method of this request if the gateway appends the client's path. A gateway
/// that states the path in a header sends a method of its own, and must state the client's method too.
fn method(head: &RequestHead, is_in_path: bool) -> Result<Method, ApiError> {
    let own = is_in_path.then(|| head.method.as_str());
    let mut method = own;
    for value in METHODS.iter().flat_map(|name| head.headers().get_all(name)) {
        agree_on(
            &mut method,
            text(value)?,
            "The gateway states different methods.",
        )?;
    }
    let method = method.ok_or(ApiError::BadRequest(
        "The gateway must state the client's method in X-Forwarded-Method or X-Original-Method.",
    ))?;
    Method::from_bytes(method.as_bytes())
        .map_err(|_| ApiError::BadRequest("The gateway states a malformed method."))
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
