//! The OpenAI Models API, self-hosted: how the catalog is asked for. HTTP with actix-web, the
//! settings, and the command line.

mod address;
mod application;
mod authentication;
mod body;
mod cache;
mod caller;
mod catalog;
pub mod cli;
mod clock;
mod coding;
mod conditional;
mod connection;
mod cors;
mod creation;
mod error;
mod failure_limit;
mod first_start;
mod key_refusal;
mod list;
mod list_file;
mod logging;
mod metrics;
mod node;
mod objects;
mod operations;
mod path;
mod pause;
mod rate_limit;
mod read;
mod representation;
mod request_id;
mod requester;
mod respond;
mod revision;
mod routes;
mod settings;
mod view;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

pub use application::{Application, BindError};
pub use node::Node;
pub use routes::{ENDPOINTS, Endpoint};
pub use settings::{Settings, SettingsError};
