//! Shares policies between sessions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use models_core::{Policies, Policy, PolicyDigest};

/// The policies of all sessions, by their digests. Sessions with equal policies share one.
#[derive(Default)]
pub(super) struct SharedPolicies {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    policies: HashMap<PolicyDigest, Weak<Policy>>,
    /// The number of entries at which those of dropped policies are removed.
    most: usize,
}

impl SharedPolicies {
    /// These policies, each replaced by an equal one that a session holds, if there is one.
    pub(super) fn share(&self, policies: &mut Policies) {
        let policies = [&mut policies.organization, &mut policies.project];
        for policy in policies.into_iter().flatten() {
            *policy = self.shared(policy);
        }
    }

    fn shared(&self, policy: &Arc<Policy>) -> Arc<Policy> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = known.policies.get(&policy.digest()).and_then(Weak::upgrade) {
            return shared;
        }
        if known.policies.len() >= known.most {
            known.policies.retain(|_, policy| policy.strong_count() > 0);
            known.most = 2 * known.policies.len() + 64;
        }
        let weak = Arc::downgrade(policy);
        known.policies.insert(policy.digest(), weak);
        policy.clone()
    }
}

#[cfg(test)]
mod tests {
    use models_core::PolicyMode;

    use super::*;

    fn policies(number: usize) -> Policies {
        let entry = number.to_string().parse().unwrap();
        let policy = Policy::new(PolicyMode::DenyList, vec![entry]).unwrap();
        Policies {
            organization: None,
            project: Some(policy.into()),
        }
    }

    fn share(shared: &SharedPolicies, number: usize) -> Arc<Policy> {
        let mut policies = policies(number);
        shared.share(&mut policies);
        assert_eq!(policies.organization, None);
        policies.project.unwrap()
    }

    #[test]
    fn equal_policies_are_shared() {
        let shared = SharedPolicies::default();
        let (one, other) = (share(&shared, 1), share(&shared, 2));
        assert!(Arc::ptr_eq(&one, &share(&shared, 1)));
        assert!(Arc::ptr_eq(&other, &share(&shared, 2)));
        assert!(!Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn dropped_policies_leave_no_entries() {
        let shared = SharedPolicies::default();
        let kept: Vec<_> = (0..10).map(|number| share(&shared, number)).collect();
        for number in 10..1_000 {
            drop(share(&shared, number));
        }
        let entries = shared.known.lock().unwrap().policies.len();
        assert!((kept.len()..100).contains(&entries), "{entries}");
        assert!(Arc::ptr_eq(&kept[0], &share(&shared, 0)));
    }
}
