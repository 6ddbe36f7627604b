//! The wire contract: statuses, bodies, headers, errors and the OpenAPI document.

pub mod errors;
pub mod faults;
pub mod headers;
pub mod openapi;
pub mod properties;
pub mod strict_client;
pub mod table;
