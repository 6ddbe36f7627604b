//! Several versions of the service on one database.

pub mod newer;
pub mod older;
pub mod upgrade;
