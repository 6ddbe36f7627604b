//! Where the catalog is kept: SQLite or PostgreSQL, chosen by the URL's scheme.
//!
//! The repositories of `models-core` are implemented once, in SQL that both databases speak. What
//! differs between them is in [`open`]: how to connect, which settings to assert, and the word that
//! begins a transaction that will write.

mod api_keys;
mod backup;
mod boot;
mod catalog;
mod connections;
mod encryption;
mod error;
mod events;
mod files;
mod first_start;
mod health;
mod lease;
mod level;
mod milliseconds;
mod models;
mod mutation;
mod nodes;
mod nodes_file;
mod notifications;
mod observer;
mod open;
mod organizations;
mod parameters;
mod password;
mod place;
mod postgres;
mod sql;
mod sqlite;

pub use backup::{BackupError, back_up};
pub use encryption::{Encryption, encryption};
pub use health::{DatabaseHealth, Operation};
pub use observer::{Observer, PoolStatus};
pub use open::{DatabaseKind, OpenError, Options, Store, check_url, open, open_with};
pub use password::{DatabasePassword, PasswordSource};
