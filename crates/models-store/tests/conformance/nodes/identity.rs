//! A SQLite database is its files: which ones, and what becomes of a node when they are not there any more.

mod database_files;
mod kept_nodes_file;
mod lost_nodes_file;
mod paths;
mod replaced_database;
