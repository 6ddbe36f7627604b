//! The store that this service keeps its catalog in.

/// A catalog that is open, and whose changes wait for the nodes.
pub type Store = models_store::Store<models_node::Nodes>;
