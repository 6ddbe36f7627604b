//! The running service: its start and stop, its log, and its files.

mod database_url;
mod identity;
mod logs;
mod neighbours;
mod pipelining;
mod rotation;
mod serving;
mod signals;
mod upgrade;
