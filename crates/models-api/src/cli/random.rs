//! Random secrets.

use models_core::Secret;

/// Generates a secret from 32 random bytes of the operating system. Fails if it has none.
pub(super) fn new_secret() -> Result<Secret, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    Ok(Secret::from_random(random))
}
