//! The built program, as an operator runs it: what it prints, how it ends, and what it leaves
//! behind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failures;
mod keys;
mod models;
mod organizations;
mod program;
mod serving;
