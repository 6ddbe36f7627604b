//! The nodes: their rows and the file that holds them, the lease that they share, and the level that they must support.

mod lease;
mod level;
mod nodes_file;
mod notifications;
mod place;
mod rows;
mod table;

pub(crate) use self::level::{RaiseLevel, prepare_nodes_file};
pub(crate) use self::nodes_file::NodesFile;
pub(crate) use self::notifications::Listen;
