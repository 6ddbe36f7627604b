//! The service under test, and its callers.

mod caller;
pub mod client;
mod contents;
mod database;
mod origin;
mod running;

pub use caller::TestCaller;
pub use origin::{now, origin};
pub use running::TestService;
