//! The option that selects the owner of the models.

use clap::Args;
use models_core::Slug;

#[derive(Args)]
pub(in crate::cli) struct Owner {
    /// Use the models of this organization instead of the public ones.
    #[arg(long, value_name = "SLUG")]
    pub(in crate::cli) organization: Option<Slug>,
}
