//! Audiences: callers that see the same models.

use crate::api_key::Principal;
use crate::organization::OrganizationId;

/// Everything that decides what a caller sees of the catalog. Callers with equal audiences see the
/// same models, so the audience is the key of a cached view. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience {
    organization_id: OrganizationId,
}

impl Audience {
    pub(super) fn of_organization(organization_id: OrganizationId) -> Self {
        Self { organization_id }
    }

    /// The organization whose own models the audience sees.
    #[must_use]
    pub fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }
}

impl From<&Principal> for Audience {
    fn from(principal: &Principal) -> Self {
        Self::of_organization(principal.organization_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{organization, principal};
    use super::*;
    use crate::api_key::Role;

    #[test]
    fn all_keys_of_an_organization_are_one_audience() {
        let audience = |number, role| Audience::from(&principal(number, role));
        assert_eq!(audience(1, Role::Reader), audience(1, Role::Owner));
        assert_ne!(audience(1, Role::Reader), audience(2, Role::Reader));
        assert_eq!(
            audience(1, Role::Reader).organization_id(),
            &organization(1)
        );
    }
}
