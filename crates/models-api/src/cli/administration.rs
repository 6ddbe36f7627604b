//! The commands that administer organizations, their projects, their keys and their policies.

pub(super) mod admin_key;
pub(super) mod audit;
pub(super) mod key;
mod key_options;
pub(super) mod organization;
pub(super) mod permissions;
pub(super) mod project;
mod project_options;
mod refusal;
pub(super) mod service_account;

use models_core::Timestamp;

/// A time in a table.
fn cell(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
}
