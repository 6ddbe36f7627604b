//! The files of a SQLite database: which files count, and how a node reacts to their loss.

mod database_files;
mod kept_nodes_file;
mod lost_nodes_file;
mod paths;
mod replaced_database;
