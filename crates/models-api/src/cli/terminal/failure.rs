//! The error type of commands.

/// An error that ends a command. Its text is one sentence.
pub(in crate::cli) type Failure = Box<dyn std::error::Error + Send + Sync>;
