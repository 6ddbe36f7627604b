//! The one decision about who may see, and who may delete, a model.
//!
//! Every route asks here: what a key lists is exactly what it can retrieve.

mod audience;
mod decision;
mod deletion;
mod effect;
#[cfg(test)]
mod samples;

pub use self::audience::Audience;
pub use self::decision::{Entry, Hidden, decide, find, list};
pub use self::deletion::{DeletionRefusal, find_deletable};
pub use self::effect::{Effect, Reach, effect_on, reach_of};
