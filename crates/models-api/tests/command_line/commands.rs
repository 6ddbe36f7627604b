//! The commands, their options and their errors.

mod administration;
mod copies;
mod failures;
mod inputs;
mod keys;
mod leases;
mod models;
mod operations;
mod outputs;
