//! The OpenAI Models API, self-hosted: the HTTP server, the settings and the command line.

mod access;
pub mod cli;
mod clock;
mod dialects;
mod http;
mod node;
mod routes;
mod server;
mod settings;
mod store;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;

pub use access::permission::Permission;
pub use routes::table::{Access, BodyPolicy, Operation, ROUTES, Route, Template};
pub use server::application::{Application, BindError};
pub use server::measured_node::MeasuredNode;
pub use settings::{Settings, SettingsError};
pub use store::Store;
