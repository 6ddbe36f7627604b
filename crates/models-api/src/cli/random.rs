//! Randomness, from the operating system.

use models_core::Secret;

/// Generates a secret from 32 random bytes. The error is the operating system's.
pub(super) fn new_secret() -> Result<Secret, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    Ok(Secret::from_random(random))
}
