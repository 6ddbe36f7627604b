//! The catalog's database: reads with their position, and transactions that append to the event
//! log.

pub(crate) mod administration;
mod counts;
mod database;
mod last_uses;
mod mutation;
pub(crate) mod paged_list;
mod row;
mod sql_store;

pub(crate) use self::database::{Backend, Database, only_revision};
pub(crate) use self::mutation::{Mutation, check_rows_are_complete, raise_level};
pub(crate) use self::row::{CatalogRow, NODES_FILE, catalog, fetch_catalog, no_catalog};
pub(crate) use self::sql_store::SqlStore;
