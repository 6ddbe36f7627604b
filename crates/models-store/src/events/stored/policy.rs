//! The stored form of references to policies.

use std::borrow::Cow;

use models_core::{Invalid, PolicyReference};
use serde::{Deserialize, Serialize};

/// A reference to a row of the table `policies`.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredPolicy<'a> {
    digest: String,
    mode: Cow<'a, str>,
    entries: u32,
}

impl From<PolicyReference> for StoredPolicy<'_> {
    fn from(reference: PolicyReference) -> Self {
        Self {
            digest: reference.digest.to_hex(),
            mode: reference.mode.as_str().into(),
            entries: reference.entries,
        }
    }
}

impl TryFrom<StoredPolicy<'_>> for PolicyReference {
    type Error = Invalid;

    fn try_from(stored: StoredPolicy<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            digest: stored.digest.parse()?,
            mode: stored.mode.parse()?,
            entries: stored.entries,
        })
    }
}

/// The reference, if there is one.
pub(super) fn read(stored: Option<StoredPolicy<'_>>) -> Result<Option<PolicyReference>, Invalid> {
    stored.map(PolicyReference::try_from).transpose()
}
