//! The registration of single models.

mod fields;
mod id;

pub use self::fields::{FieldUpdate, NamedFields};
pub use self::id::{Mint, RandomPart, RequestedId, Suffix};

/// A request to register a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The id.
    pub id: RequestedId,
    /// The other fields.
    pub fields: NamedFields,
}
