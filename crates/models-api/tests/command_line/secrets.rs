//! Misplaced secrets of operators and clients appear neither in messages nor in the log.

mod commands;
mod hidden;
mod requests;
