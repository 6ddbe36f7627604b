//! The node of this process, with what the service keeps in its memory.

use crate::access::session::Session;
use crate::dialects::openai::view::View;

/// A node that keeps sessions with prepared headers, and views in OpenAI's dialect.
pub type Node = models_node::Node<Session, View>;

/// The memory of such a node.
pub(crate) type Memory = models_node::Memory<Session, View>;
