//! Imports of another server's list of models.

mod changed_fields;
mod entry;
#[cfg(test)]
pub(crate) mod fixture;
mod plan;
mod report;

pub use self::changed_fields::ChangedFields;
pub use self::entry::{Import, ImportEntry};
pub use self::plan::{Plan, PlannedStep};
pub use self::report::{ImportReport, UpdatedModel};
