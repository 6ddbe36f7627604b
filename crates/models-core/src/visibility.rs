//! The visibility decision: which models an audience sees, and which a principal may register, update and
//! delete.
//!
//! Every route uses it, so a key can retrieve exactly the models that it lists.

mod audience;
mod decision;
mod deletion;
mod effect;
mod registration;
#[cfg(test)]
mod samples;

pub use self::audience::Audience;
pub use self::decision::{Entry, Hidden, decide, find, list};
pub use self::deletion::{DeletionRefusal, find_deletable};
pub use self::effect::{Effect, Reach, effect_on, reach_of};
pub use self::registration::{RegistrationRefusal, find_registered, find_updatable};
