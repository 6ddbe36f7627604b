//! Sessions: authenticated API keys in memory.

mod gone;
mod known;
mod last_use;
mod lookup;
mod policies;
mod refusal;
mod session;
mod uses;

pub(crate) use self::gone::Gone;
pub use self::lookup::Sessions;
pub use self::refusal::KeyRefusal;
pub use self::session::Session;

#[cfg(test)]
mod tests;
