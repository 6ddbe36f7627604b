//! Sessions: authenticated API keys in memory.

mod known;
mod lookup;
mod refusal;
mod session;
mod uses;

pub use self::lookup::Sessions;
pub use self::refusal::KeyRefusal;
pub use self::session::Session;

#[cfg(test)]
mod tests;
