//! The node type of this service.

use crate::access::session::Session;
use crate::dialects::openai::view::View;

/// A node with sessions that hold prepared headers, and with views in OpenAI's dialect.
pub type Node = models_node::Node<Session, View>;

/// The memory of the node.
pub(crate) type Memory = models_node::Memory<Session, View>;
