//! The use cases, which the HTTP routes and the command line share.
//!
//! A use case takes the repositories that it works on, and an [`Origin`](models_core::Origin): the actor and the time.

pub mod admin_keys;
pub mod first_start;
pub mod keys;
pub mod models;
pub mod organizations;
pub mod projects;
pub mod rotation;
pub mod service_accounts;
