//! The OpenAI Models API, self-hosted: how the catalog is asked for. HTTP with actix-web, the
//! settings, and the command line.

pub mod application;
pub mod authentication;
pub mod caller;
pub mod catalog;
pub mod cli;
mod clock;
mod creation;
pub mod error;
pub mod first_start;
pub mod list_file;
mod logging;
pub mod objects;
pub mod path;
mod respond;
pub mod routes;
pub mod settings;

pub use application::Application;
pub use error::ApiError;
pub use settings::Settings;
