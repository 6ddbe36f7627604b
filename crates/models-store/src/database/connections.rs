//! Connections on which every statement has a deadline.
//!
//! Where the network drops packets without a word, sqlx waits for the server until the kernel gives up, which takes a
//! quarter of an hour. Therefore no other module has a connection of sqlx's in its hands: a [`Connection`] runs
//! statements, each within its deadline. One whose statement passed it is never used again.

mod connection;
mod deadline;
pub(crate) mod failed;
mod listener;
mod pool;
mod transaction;
mod tries;

pub(crate) use connection::Connection;
pub(crate) use deadline::Deadline;
pub(crate) use listener::Listener;
pub(crate) use pool::Connections;
pub(crate) use transaction::Transaction;
pub(crate) use tries::Tries;

#[cfg(test)]
mod tests;
