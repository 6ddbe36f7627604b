//! An event log, a registry of nodes, keys, models and a memory, for tests.

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
