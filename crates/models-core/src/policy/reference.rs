//! References to policies.

use super::digest::PolicyDigest;
use super::list::{Policy, PolicyMode};

/// What the event log holds of a policy: a policy can have 10,000 entries, and nodes read the log in
/// pages of a thousand events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyReference {
    /// The digest.
    pub digest: PolicyDigest,
    /// The mode.
    pub mode: PolicyMode,
    /// The number of entries.
    pub entries: u32,
}

impl From<&Policy> for PolicyReference {
    fn from(policy: &Policy) -> Self {
        Self {
            digest: policy.digest(),
            mode: policy.mode(),
            // A policy has at most 10,000 entries.
            entries: u32::try_from(policy.entries().len()).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_the_digest_the_mode_and_the_length() {
        let entries = ["a", "b-*"].map(|entry| entry.parse().expect("an entry"));
        let policy = Policy::new(PolicyMode::AllowList, entries.into()).expect("a policy");
        let reference = PolicyReference::from(&policy);
        assert_eq!(reference.digest, policy.digest());
        assert_eq!(
            (reference.mode, reference.entries),
            (PolicyMode::AllowList, 2)
        );
        let hex = reference.digest.to_hex();
        assert_eq!(hex.len(), 64);
        assert_eq!(hex.parse(), Ok(reference.digest));
        assert!(hex[1..].parse::<PolicyDigest>().is_err());
        assert!(hex.replace(|_| true, "g").parse::<PolicyDigest>().is_err());
    }
}
