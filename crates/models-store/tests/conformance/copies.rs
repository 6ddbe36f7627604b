//! Copies of a catalog from SQLite to PostgreSQL.

mod contents;
mod failures;
mod refusals;
mod scene;
