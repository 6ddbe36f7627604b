//! The log lines of refusals, changes and unreadable requests, and the limit on their number.

mod changes;
mod rate;
mod reading;
mod refusals;
