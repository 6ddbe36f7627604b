//! The nodes: their rows, the file that holds the rows, the lease, and the level.

mod lease;
mod level;
mod nodes_file;
mod notifications;
mod place;
mod rows;
mod table;

pub(crate) use self::level::{DROP_LEVEL_DEFAULT, RaiseLevel, prepare_nodes_file};
pub(crate) use self::nodes_file::NodesFile;
pub(crate) use self::notifications::Listen;
