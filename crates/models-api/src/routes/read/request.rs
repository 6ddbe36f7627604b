//! The parsed request of a read.

use std::borrow::Cow;

use models_core::Permission;

use crate::access::credentials::CredentialPlaces;
use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::routes::path::{MODELS, model_id};
use crate::routes::table::{Access, Route, Template};

/// The resource that a read requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    List,
    Model(Cow<'a, str>),
    /// A text that is not an id, as the client sent it.
    NoModel(&'a str),
    /// The authorization of a call of this model. `None` if the key alone decides.
    Call(Option<Cow<'a, str>>),
}

impl<'a> Target<'a> {
    /// Returns the target of the path, if the path belongs to a read.
    fn of(fields: &Fields<'a>, template: Template) -> Option<Self> {
        match template {
            Template::List => Some(Self::List),
            Template::Model => Some(Self::model(fields.path(), fields.may_demand_freshness)),
            Template::Index
            | Template::Administration(_)
            | Template::Authorize
            | Template::AuthorizedModels
            | Template::None => None,
        }
    }

    /// Returns the model that the path names. An id without escapes is checked only if `is_checked`, when the check
    /// decides which error comes first. Otherwise no view contains a malformed id, and the result is the same.
    fn model(path: &'a str, is_checked: bool) -> Self {
        let sent = path.strip_prefix(MODELS).unwrap_or(path);
        if !is_checked && !sent.contains('%') {
            return Self::Model(Cow::Borrowed(sent));
        }
        match model_id(path) {
            Ok(id) => Self::Model(Cow::Owned(id.into())),
            Err(sent) => Self::NoModel(sent),
        }
    }
}

/// A read, parsed from its head.
pub(crate) struct ReadRequest<'a> {
    pub(super) fields: &'a Fields<'a>,
    pub(super) permission: Permission,
    pub(super) target: Target<'a>,
    pub(super) token: &'a [u8],
}

impl<'a> ReadRequest<'a> {
    /// Parses the head of a read. Returns `None` for another operation, and an error for malformed credentials.
    pub(crate) fn of(
        fields: &'a Fields<'a>,
        places: CredentialPlaces,
    ) -> Option<Result<Self, ApiError>> {
        let template = Template::of(fields.path());
        let route = Route::find(fields.method(), template).filter(|route| route.is_in_memory)?;
        let Access::Key(permission) = route.access else {
            return None;
        };
        let target = Target::of(fields, template)?;
        Some(places.token(fields).map(|token| Self {
            fields,
            permission,
            target,
            token,
        }))
    }

    /// The read for a gateway: whether the caller may call a model, or which models it may call.
    pub(crate) fn of_caller(fields: &'a Fields<'a>, target: Target<'a>, token: &'a [u8]) -> Self {
        Self {
            fields,
            permission: Permission::RequestModels,
            target,
            token,
        }
    }

    /// Whether the request is for the list or for a well-formed id.
    pub(super) fn has_id(&self) -> bool {
        match self.target {
            Target::List | Target::Call(_) => true,
            Target::Model(_) | Target::NoModel(_) => model_id(self.fields.path()).is_ok(),
        }
    }
}
