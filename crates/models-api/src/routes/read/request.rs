//! What a read asks for.

use std::borrow::Cow;

use crate::access::credentials::token;
use crate::access::permission::Permission;
use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;
use crate::routes::path::{MODELS, model_id};
use crate::routes::table::{Access, Route, Template};

/// What is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    List,
    Model(Cow<'a, str>),
    /// What stands where an id should, and cannot be one.
    NoModel(&'a str),
}

impl<'a> Target<'a> {
    /// The target of the path, if the path is one of a read.
    fn of(fields: &Fields<'a>, template: Template) -> Option<Self> {
        match template {
            Template::List => Some(Self::List),
            Template::Model => Some(Self::model(fields.path(), fields.may_demand_freshness)),
            Template::Index | Template::None => None,
        }
    }

    /// An id without escapes stands for itself, and if it is malformed, no view has it: it is checked only where that
    /// decides which error comes first.
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

/// A read, from its head.
pub(super) struct ReadRequest<'a> {
    pub(super) fields: &'a Fields<'a>,
    pub(super) permission: Permission,
    pub(super) target: Target<'a>,
    pub(super) token: &'a [u8],
}

impl<'a> ReadRequest<'a> {
    /// The read that this head asks for, or what is wrong with its credentials. `None` if it is no read.
    pub(super) fn of(fields: &'a Fields<'a>) -> Option<Result<Self, ApiError>> {
        let template = Template::of(fields.path());
        let route = Route::find(fields.method(), template).filter(|route| route.is_in_memory)?;
        let Access::Key(permission) = route.access else {
            return None;
        };
        let target = Target::of(fields, template)?;
        Some(token(fields).map(|token| Self {
            fields,
            permission,
            target,
            token,
        }))
    }

    /// Whether it is for the list, or for an id that a model can have.
    pub(super) fn has_id(&self) -> bool {
        self.target == Target::List || model_id(self.fields.path()).is_ok()
    }
}
