//! What operators and callers do with the catalog, whether they come over HTTP or the command line.
//!
//! A use case takes the repositories that it works on, and an [`Origin`](models_core::Origin): who does it,
//! and when.

pub mod first_start;
pub mod keys;
pub mod models;
pub mod organizations;
