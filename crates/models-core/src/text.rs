//! Text: rules for text that enters the catalog, and for text that is shown.

pub(crate) mod checked;
pub(crate) mod control;
pub(crate) mod entered;
pub(crate) mod invisible;
mod mask;
mod name;

pub use self::checked::{Invalid, is_id};
pub use self::mask::{Outside, mask};
pub use self::name::Name;
