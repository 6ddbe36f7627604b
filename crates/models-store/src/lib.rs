//! The store of the catalog: SQLite or PostgreSQL, chosen by the URL's scheme.
//!
//! The repositories of `models-core` are implemented once, in SQL that both databases speak. The
//! differences between the databases are in `opening` (connections, required settings, the
//! statement that begins a writing transaction) and in the traits that `catalog` gathers.

mod admin_api_keys;
mod api_keys;
mod audit;
mod catalog;
mod copy;
mod credentials;
mod database;
mod events;
mod files;
mod first_start;
mod models;
mod nodes;
mod opening;
mod organizations;
mod policies;
mod projects;
mod service_accounts;

pub use copy::{Copied, CopiedTable, CopyError, CopyStep, copy, undo_copy};
pub use database::{
    DatabaseHealth, DatabasePassword, Observer, OpenError, Operation, PasswordSource, PoolStatus,
};
pub use opening::{
    BackupError, DatabaseKind, Encryption, Options, Store, back_up, check_url, encryption, open,
    open_with,
};
