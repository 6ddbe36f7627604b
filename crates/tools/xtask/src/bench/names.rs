//! The names of the servers in the report.

pub const SERVICE: &str = "models";
pub const BARE: &str = "bare actix-web";
/// Another build of the service.
pub const OTHER: &str = "models, the other build";
