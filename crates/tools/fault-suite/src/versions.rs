//! Several versions of the service on one database.

mod command_line;
pub mod fenced;
pub mod newer;
pub mod older;
pub mod upgrade;
