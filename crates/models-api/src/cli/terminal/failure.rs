//! How a command fails.

/// A failure that ends a command, in a sentence.
pub(in crate::cli) type Failure = Box<dyn std::error::Error + Send + Sync>;
