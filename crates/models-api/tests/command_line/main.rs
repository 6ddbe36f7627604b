//! Tests of the built program as an operator runs it: its output, its exit status and its files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "tests print the number of cases")]

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
