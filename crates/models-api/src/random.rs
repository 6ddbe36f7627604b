//! Random secrets.

use models_core::Secret;

/// Generates the secret of a key. Fails if the operating system has no random bytes.
pub(crate) fn new_secret() -> Result<Secret, getrandom::Error> {
    random_bytes().map(Secret::from_random)
}

/// Generates the secret of an admin key. Fails if the operating system has no random bytes.
pub(crate) fn new_admin_secret() -> Result<Secret, getrandom::Error> {
    random_bytes().map(Secret::admin_from_random)
}

/// Generates random bytes. Fails if the operating system has none.
pub(crate) fn random_bytes<const COUNT: usize>() -> Result<[u8; COUNT], getrandom::Error> {
    let mut random = [0; COUNT];
    getrandom::fill(&mut random)?;
    Ok(random)
}
