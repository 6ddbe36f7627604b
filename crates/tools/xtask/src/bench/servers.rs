//! The measured servers, and the requests to them.

pub mod cores;
pub mod http;
pub mod nginx;
pub mod process;
pub mod server;
