//! Tests of the built program as an operator runs it: its output, its exit status and its files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "tests print the number of cases")]

mod clients;
mod commands;
mod documents;
mod program;
mod secrets;
mod service;
