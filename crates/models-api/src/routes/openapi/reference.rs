//! References to the components of the document.

use utoipa::ToSchema;
use utoipa::openapi::Ref;

/// A reference to the schema of this type.
pub(super) fn schema<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}
