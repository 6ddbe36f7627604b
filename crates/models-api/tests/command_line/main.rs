//! The built program, as an operator runs it: what it prints, how it ends, and what it leaves
//! behind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the counts of what was tried")]

mod database_url;
mod documents;
mod failures;
mod gateway;
mod identity;
mod inputs;
mod jdk;
mod keys;
mod leases;
mod logs;
mod models;
mod neighbours;
mod operations;
mod organizations;
mod pipelining;
mod program;
mod rotation;
mod sdks;
mod secrets;
mod serving;
mod upgrade;
