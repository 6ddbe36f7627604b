//! Randomness, from the operating system.

use models_core::Secret;

/// A secret that nobody knows yet.
pub(super) fn new_secret() -> Result<Secret, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    Ok(Secret::from_random(random))
}
