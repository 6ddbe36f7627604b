//! The store that this service keeps its catalog in. No other module but the command line names the crate `models-store`.

pub use models_store::{
    DatabaseHealth, DatabaseKind, DatabasePassword, Observer, OpenError, Operation, Options,
    PasswordSource, check_url,
};

/// A catalog that is open, and whose changes wait for the nodes.
pub type Store = models_store::Store<models_node::Nodes>;

/// The target of the store's log messages.
pub const LOG_TARGET: &str = "models_store";
