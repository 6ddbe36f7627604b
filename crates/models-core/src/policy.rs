//! Policies: which ids an organization or a project may see.

mod digest;
mod entry;
mod list;
mod reference;

pub use self::digest::PolicyDigest;
pub use self::entry::PolicyEntry;
pub use self::list::{Policy, PolicyMode};
pub use self::reference::PolicyReference;

use std::sync::Arc;

/// The policies that apply to a caller. Without a policy, all models are allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Policies {
    /// The organization's policy. The operator sets it. It concerns public models only.
    pub organization: Option<Arc<Policy>>,
    /// The project's policy. It concerns public models and the organization's own.
    pub project: Option<Arc<Policy>>,
}

impl Policies {
    /// Whether the organization's policy allows a public model with this id.
    #[must_use]
    pub fn organization_allows(&self, id: &str) -> bool {
        allows(self.organization.as_deref(), id)
    }

    /// Whether the project's policy allows a model with this id.
    #[must_use]
    pub fn project_allows(&self, id: &str) -> bool {
        allows(self.project.as_deref(), id)
    }
}

fn allows(policy: Option<&Policy>, id: &str) -> bool {
    policy.is_none_or(|policy| policy.allows(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_policy_allows_all_models() {
        let id = "a";
        let none = Policies::default();
        assert!(none.organization_allows(id) && none.project_allows(id));
        let entries = vec!["b".parse().expect("an entry")];
        let policy = Policy::new(PolicyMode::AllowList, entries).expect("a policy");
        let organization = Policies {
            organization: Some(policy.clone().into()),
            project: None,
        };
        assert!(!organization.organization_allows(id) && organization.project_allows(id));
        let project = Policies {
            organization: None,
            project: Some(policy.into()),
        };
        assert!(project.organization_allows(id) && !project.project_allows(id));
    }
}
