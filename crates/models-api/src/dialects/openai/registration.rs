//! The bodies of requests that register and update models.

use std::borrow::Cow;

use models_core::{
    Entered, FieldUpdate, Mint, ModelId, NamedFields, RandomPart, Registration, RequestedId,
    Timestamp,
};
use utoipa::ToSchema;

use super::administration::body::{Body, FromBody, invalid, must, refused};
use super::error::ApiError;
use super::error::parameter::ParameterProblem;

/// The model to register: an id, or the base model of a fine-tuned model that gets a new id.
#[derive(Debug, ToSchema)]
#[schema(as = RegisterModel)]
pub(crate) struct NewModelObject {
    /// The id. Not beside `base_model`.
    id: Option<String>,
    /// The id of a model that the key sees. The new id is `ft:{base_model}:{organization}:{suffix}:{8 random characters}`.
    base_model: Option<String>,
    /// 0 to 64 letters and digits of ASCII, `.`, `_` and `-`. Only beside `base_model`.
    suffix: Option<String>,
    /// The time of creation, in seconds since 1970. The default is the time of the registration.
    #[schema(minimum = 0, maximum = 4_294_967_295_i64)]
    created: Option<i64>,
    /// The owner's display name. The default is the name of the organization.
    owned_by: Option<String>,
    /// The day on which the service of the model ends, or null for none.
    #[schema(value_type = Option<String>, format = Date)]
    shutdown_date: FieldUpdate<String>,
}

/// The fields of a model to change.
#[derive(Debug, ToSchema)]
#[schema(as = UpdateModel)]
pub(crate) struct FieldsObject {
    /// The time of creation, in seconds since 1970. The default is the time of the registration.
    #[schema(minimum = 0, maximum = 4_294_967_295_i64)]
    created: Option<i64>,
    /// The owner's display name. The default is the name of the organization.
    owned_by: Option<String>,
    /// The day on which the service of the model ends, or null for none.
    #[schema(value_type = Option<String>, format = Date)]
    shutdown_date: FieldUpdate<String>,
}

impl FromBody for NewModelObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            id: body.optional("id")?,
            base_model: body.optional("base_model")?,
            suffix: body.nullable("suffix")?,
            created: body.optional("created")?,
            owned_by: body.optional("owned_by")?,
            shutdown_date: body.update("shutdown_date")?,
        })
    }
}

impl FromBody for FieldsObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            created: body.optional("created")?,
            owned_by: body.optional("owned_by")?,
            shutdown_date: body.update("shutdown_date")?,
        })
    }
}

impl NewModelObject {
    /// The registration. A new id gets this random part.
    pub(crate) fn registration(self, random: RandomPart) -> Result<Registration, ApiError> {
        let fields = FieldsObject {
            created: self.created,
            owned_by: self.owned_by,
            shutdown_date: self.shutdown_date,
        };
        let fields = fields.named()?;
        let id = match (self.id, self.base_model) {
            (None, None) => return Err(invalid("id", ParameterProblem::Missing)),
            (Some(_), Some(_)) => return Err(must("base_model", "must not be beside `id`")),
            (Some(_), None) if self.suffix.is_some() => {
                return Err(must("suffix", "must be beside `base_model`"));
            }
            (Some(id), None) => RequestedId::Named(entered_id(&id)?),
            (None, Some(base_model)) => RequestedId::Minted(Mint {
                base_model: base_model
                    .parse()
                    .map_err(|error| refused("base_model", &error))?,
                suffix: self
                    .suffix
                    .unwrap_or_default()
                    .parse()
                    .map_err(|error| refused("suffix", &error))?,
                random,
            }),
        };
        Ok(Registration { id, fields })
    }
}

impl FieldsObject {
    /// The fields that the request names.
    pub(crate) fn named(self) -> Result<NamedFields, ApiError> {
        let created = self.created.map(|seconds| {
            Timestamp::try_from(seconds)
                .map_err(|_| must("created", "must be between 0 and 4294967295"))
        });
        let owned_by = self.owned_by.map(|name| {
            let name: Result<Entered<_>, _> = name.parse();
            name.map_err(|error| refused("owned_by", &error))
        });
        let shutdown_date = match self.shutdown_date {
            FieldUpdate::Keep => FieldUpdate::Keep,
            FieldUpdate::Remove => FieldUpdate::Remove,
            FieldUpdate::Set(date) => FieldUpdate::Set(
                date.parse()
                    .map_err(|error| refused("shutdown_date", &error))?,
            ),
        };
        Ok(NamedFields {
            created: created.transpose()?,
            owned_by: owned_by.transpose()?,
            shutdown_date,
        })
    }
}

fn entered_id(id: &str) -> Result<Entered<ModelId>, ApiError> {
    id.parse().map_err(|error| refused("id", &error))
}

/// The error for a minted id that is longer than an id may be.
pub(crate) fn too_long() -> ApiError {
    let reason = Cow::Borrowed("makes an id of more than 256 bytes with this suffix");
    invalid("base_model", ParameterProblem::Value(reason))
}
