//! An entry of a list in the form of the input.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cli::list_file::place::Place;

/// The fields that an import reads. Null is the same as absent. A repeated field is an error, because its meaning is
/// ambiguous.
#[derive(Deserialize)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "modelId")]
    model_id: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow)]
    slug: Option<&'a RawValue>,
    #[serde(borrow)]
    model_name: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) created: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) owned_by: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) organization: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) publisher: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) shutdown_date: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) retires_at: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) expiration_date: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) deprecation: Option<&'a RawValue>,
}

/// The field that holds the ids. The first entry with such a field decides for the whole list, so that a display name
/// never replaces a missing id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdField {
    Id,
    /// Bedrock.
    ModelId,
    /// Ollama.
    Model,
    /// LM Studio.
    Key,
    /// Codex.
    Slug,
    /// `LiteLLM`'s `/model/info`.
    ModelName,
    /// Gemini, Cohere, Cloudflare.
    Name,
}

impl IdField {
    const ALL: [Self; 7] = [
        Self::Id,
        Self::ModelId,
        Self::Model,
        Self::Key,
        Self::Slug,
        Self::ModelName,
        Self::Name,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ModelId => "modelId",
            Self::Model => "model",
            Self::Key => "key",
            Self::Slug => "slug",
            Self::ModelName => "model_name",
            Self::Name => "name",
        }
    }

    pub(super) const fn of<'a>(self, fields: &Fields<'a>) -> Option<&'a RawValue> {
        match self {
            Self::Id => fields.id,
            Self::ModelId => fields.model_id,
            Self::Model => fields.model,
            Self::Key => fields.key,
            Self::Slug => fields.slug,
            Self::ModelName => fields.model_name,
            Self::Name => fields.name,
        }
    }

    pub(super) fn text(self, fields: &Fields<'_>) -> Option<String> {
        self.of(fields).and_then(text)
    }

    /// Chooses the field by one entry of the list. Cloudflare's `id` is internal to its catalog, and requests use
    /// `name`.
    pub(super) fn choose(place: Place, fields: &Fields<'_>) -> Option<Self> {
        let found = Self::ALL
            .into_iter()
            .find(|field| field.text(fields).is_some());
        let is_numbered = || {
            let id = Self::Id.text(fields);
            id.is_some_and(|id| uuid::Uuid::parse_str(&id).is_ok())
                && Self::Name.text(fields).is_some()
        };
        if place == Place::Result && is_numbered() {
            return Some(Self::Name);
        }
        found
    }
}

/// The text of a JSON string.
pub(super) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}
