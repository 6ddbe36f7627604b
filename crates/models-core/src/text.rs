//! Text: which may enter the catalog, and which may be shown.

pub(crate) mod checked;
pub(crate) mod control;
pub(crate) mod entered;
pub(crate) mod invisible;
mod mask;
mod name;

pub use self::checked::Invalid;
pub use self::mask::{Outside, mask};
pub use self::name::Name;
