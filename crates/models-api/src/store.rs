//! The store of this service. Only this module and the command line use the crate `models-store`.

pub use models_store::{
    DatabaseHealth, DatabaseKind, DatabasePassword, Observer, OpenError, Operation, Options,
    PasswordSource, check_url,
};

/// An open catalog whose deletions wait at the barrier for the nodes.
pub type Store = models_store::Store<models_node::Nodes>;

/// The target of the store's log messages.
pub const LOG_TARGET: &str = "models_store";
