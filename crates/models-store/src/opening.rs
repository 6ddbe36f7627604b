//! Opening a store: its location, its connections, and its required settings.

mod backup;
mod encryption;
mod filling;
mod location;
mod open;
mod options;
mod parameters;
mod postgres;
mod schema;
mod sqlite;
mod store;

pub use self::backup::{BackupError, back_up};
pub use self::encryption::{Encryption, encryption};
pub use self::open::{check_url, open, open_with};
pub use self::options::{DatabaseKind, Options};
pub use self::store::Store;

pub(crate) use self::filling::connect_to_fill;
#[cfg(test)]
pub(crate) use self::postgres::connect as connect_to_server;
pub(crate) use self::sqlite::{connect as connect_to_file, path_of_file, writing};
