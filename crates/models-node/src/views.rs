//! Views: what each audience sees of the catalog.

mod catalog;
mod change;
mod rendering;
mod view;

pub use self::catalog::Catalog;
pub use self::change::Newest;
pub use self::view::{MANY_MODELS, View};

#[cfg(test)]
mod tests;
