//! The routes: reads, deletions, and the hints for other paths.

pub mod cors;
pub mod deletion;
pub mod guidance;
pub mod listing;
pub mod matrix;
pub mod reads;
pub mod registration;
pub mod retrieval;
pub mod revisions;
pub mod validators;
