//! Audiences: callers that see the same models.

use crate::api_key::Principal;
use crate::organization::OrganizationId;
use crate::policy::Policies;

/// Everything that decides what a caller sees of the catalog. Callers with equal audiences see the
/// same models, so the audience is the key of a cached view. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience {
    organization_id: OrganizationId,
    policies: Policies,
}

impl Audience {
    /// The audience of an organization's callers with these policies.
    #[must_use]
    pub fn new(organization_id: OrganizationId, policies: Policies) -> Self {
        Self {
            organization_id,
            policies,
        }
    }

    /// The organization whose own models the audience sees.
    #[must_use]
    pub fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }

    /// The policies that restrict what the audience sees.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }
}

impl From<&Principal> for Audience {
    fn from(principal: &Principal) -> Self {
        Self {
            organization_id: principal.organization_id.clone(),
            policies: principal.policies.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{audience, organization, policy, principal};
    use super::*;
    use crate::permission::Role;
    use crate::policy::PolicyMode;

    #[test]
    fn all_keys_of_an_organization_with_equal_policies_are_one_audience() {
        let of = |number, role| Audience::from(&principal(number, role));
        assert_eq!(of(1, Role::Reader), of(1, Role::Owner));
        assert_ne!(of(1, Role::Reader), of(2, Role::Reader));
        assert_eq!(of(1, Role::Reader).organization_id(), &organization(1));
        let deny = |entries| Some(policy(PolicyMode::DenyList, entries));
        let restricted = |organization, project| audience(1, organization, project);
        assert_eq!(
            restricted(None, deny(&["a", "b"])),
            restricted(None, deny(&["b", "a"]))
        );
        assert_ne!(
            restricted(None, deny(&["a"])),
            restricted(None, deny(&["b"]))
        );
        assert_ne!(
            restricted(None, deny(&["a"])),
            restricted(deny(&["a"]), None)
        );
        assert_ne!(restricted(None, deny(&[])), restricted(None, None));
    }
}
