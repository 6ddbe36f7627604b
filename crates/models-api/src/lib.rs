//! The OpenAI Models API, self-hosted: the HTTP server, the settings and the command line.

mod access;
mod authorize;
pub mod cli;
mod clock;
mod dialects;
mod http;
mod node;
mod random;
mod routes;
mod server;
mod settings;
mod store;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

pub use routes::table::{
    Access, Administration, BodyPolicy, Operation, ROUTES, Resource, Route, Template,
};
pub use server::application::Application;
pub use server::listener::BindError;
pub use server::measured_node::MeasuredNode;
pub use settings::{Settings, SettingsError};
pub use store::Store;
