//! Where the catalog is kept: SQLite or PostgreSQL, chosen by the URL's scheme.
//!
//! The repositories of `models-core` are implemented once, in SQL that both databases speak. What
//! differs between them is in `sqlite` and `postgres` (how to connect, which settings to assert, and the
//! word that begins a transaction that will write), and in the traits that `database` gathers.

mod api_keys;
mod backup;
mod boot;
mod catalog;
mod connections;
mod database;
mod dialect;
mod driver;
mod encryption;
mod error;
mod events;
mod files;
mod first_start;
mod health;
mod lease;
mod level;
mod location;
mod milliseconds;
mod models;
mod mutation;
mod nodes;
mod nodes_file;
mod notifications;
mod observer;
mod open;
mod open_error;
mod operation;
mod options;
mod organizations;
mod parameters;
mod password;
mod place;
mod postgres;
mod schema;
mod sql_store;
mod sqlite;
mod store;
mod value;

pub use backup::{BackupError, back_up};
pub use encryption::{Encryption, encryption};
pub use health::DatabaseHealth;
pub use observer::{Observer, PoolStatus};
pub use open::{check_url, open, open_with};
pub use open_error::OpenError;
pub use operation::Operation;
pub use options::{DatabaseKind, Options};
pub use password::{DatabasePassword, PasswordSource};
pub use store::Store;
