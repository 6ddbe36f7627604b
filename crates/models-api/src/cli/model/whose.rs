//! Which models a command concerns.

use clap::Args;
use models_core::Slug;

#[derive(Args)]
pub(in crate::cli) struct Whose {
    /// The models of this organization, in place of the public ones.
    #[arg(long, value_name = "SLUG")]
    pub(in crate::cli) organization: Option<Slug>,
}
