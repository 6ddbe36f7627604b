//! Connections on which every statement has a deadline.
//!
//! When the network silently drops packets, sqlx waits for the server until the kernel gives up,
//! which takes a quarter of an hour. Therefore no other module uses sqlx's connections: a
//! [`Connection`] runs each statement within a deadline. A connection whose statement missed its
//! deadline is never used again.

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
