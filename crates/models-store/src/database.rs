//! The base of all statements: connections with deadlines, values and rows, errors, and SQL that
//! both databases share.

mod boot;
mod columns;
mod connections;
mod dialect;
mod driver;
mod error;
mod health;
mod milliseconds;
mod open_error;
mod password;
mod value;

pub use self::health::DatabaseHealth;
pub use self::health::observer::{Observer, PoolStatus};
pub use self::health::operation::Operation;
pub use self::open_error::OpenError;
pub use self::password::{DatabasePassword, PasswordSource};

pub(crate) use self::boot::{boot_id, since_boot};
pub(crate) use self::columns::columns;
pub(crate) use self::connections::{
    Connection, Connections, Deadline, Listener, Transaction, Tries,
};
pub(crate) use self::dialect::{Dialect, event_columns};
pub(crate) use self::driver::Driver;
pub(crate) use self::error::{damaged, gives_way, is_busy, is_in_doubt, repository_error, shown};
pub(crate) use self::health::Health;
pub(crate) use self::health::observer::ObserverSlot;
pub(crate) use self::milliseconds::{duration, milliseconds};
pub(crate) use self::password::Passwords;
pub(crate) use self::value::{Record, Value};
