//! Fakes for tests: a database with an event log and nodes' rows, memory that follows it, and databases with keys and models.

pub(crate) mod administration;
mod changes;
mod database;
mod events;
pub(crate) mod keys;
mod memory;
pub(crate) mod models;
mod nodes;
mod state;

pub(crate) use self::changes::{creation, deletion};
pub(crate) use self::database::{EPOCH, Fake, LEASE, OTHER_EPOCH};
pub(crate) use self::state::Fault;
