//! Organizations, the tenants of a catalog.

use std::sync::Arc;

use serde::Serialize;

use crate::policy::{Policy, PolicyReference};
use crate::project::DefaultProject;
use crate::text::Name;
use crate::text::checked::{checked_text, prefixed_id};
use crate::time::Timestamp;

prefixed_id! {
    /// An organization's id: `org-` followed by letters and digits if the service made it. `public`
    /// is the scope of public models, and no id.
    OrganizationId, "an organization id", "org-", &["public"]
}

checked_text! {
    /// An organization's name in the ids of its fine-tuned models and in the header
    /// `openai-organization`: 1 to 64 lower-case letters, digits and `-`. It begins and ends with a
    /// letter or digit.
    Slug, "a slug", |text| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err("must be 1 to 64 lower-case letters, digits and `-`");
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err("must not begin or end with `-`");
        }
        Ok(())
    }
}

/// An organization: a tenant of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// The id, which is unique and never changes.
    pub id: OrganizationId,
    /// The slug, which is unique too and never changes. A deleted organization keeps its slug and its
    /// ids, so no other organization can get them.
    pub slug: Slug,
    /// The display name, and the `owned_by` of the models that the organization registers.
    pub name: Name,
    /// The project of keys that name no other project.
    pub default_project: DefaultProject,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time from which the organization is disabled. The service refuses its keys.
    pub disabled_at: Option<Timestamp>,
}

/// The number of an organization's objects of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationContents {
    /// The API keys that are not revoked.
    pub api_keys: u64,
    /// The admin API keys that are not revoked.
    pub admin_api_keys: u64,
    /// The projects, also archived ones.
    pub projects: u64,
    /// The service accounts.
    pub service_accounts: u64,
    /// The organization's own models.
    pub models: u64,
}

/// The policies that an operator sets for an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationPolicies {
    /// The policy that restricts the public models.
    pub public_models: Option<Arc<Policy>>,
    /// The policy that new projects begin with.
    pub new_projects: Option<Arc<Policy>>,
}

/// What an operator can change of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSettings {
    /// The display name.
    pub name: Name,
    /// The time from which the organization is disabled.
    pub disabled_at: Option<Timestamp>,
    /// The policies.
    pub policies: OrganizationPolicies,
}

/// A change of one of an organization's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationUpdate {
    /// Sets the display name.
    Name(Name),
    /// Disables the organization. The time of a disabled one stays.
    Disable,
    /// Enables the organization.
    Enable,
    /// Replaces the policy that restricts the public models; `None` removes it.
    PublicModels(Option<Arc<Policy>>),
    /// Replaces the policy that new projects begin with; `None` removes it.
    NewProjects(Option<Arc<Policy>>),
}

impl OrganizationSettings {
    /// The settings after this update at this time.
    #[must_use]
    pub fn updated(&self, update: OrganizationUpdate, now: Timestamp) -> Self {
        let mut after = self.clone();
        match update {
            OrganizationUpdate::Name(name) => after.name = name,
            OrganizationUpdate::Disable => {
                after.disabled_at.get_or_insert(now);
            }
            OrganizationUpdate::Enable => after.disabled_at = None,
            OrganizationUpdate::PublicModels(policy) => after.policies.public_models = policy,
            OrganizationUpdate::NewProjects(policy) => after.policies.new_projects = policy,
        }
        after
    }
}

/// What the event log holds of an organization's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationState {
    /// The display name.
    pub name: Name,
    /// The time from which the organization is disabled.
    pub disabled_at: Option<Timestamp>,
    /// The policy that restricts the public models.
    pub public_models: Option<PolicyReference>,
    /// The policy that new projects begin with.
    pub new_projects: Option<PolicyReference>,
}

impl From<&OrganizationSettings> for OrganizationState {
    fn from(settings: &OrganizationSettings) -> Self {
        let OrganizationPolicies {
            public_models,
            new_projects,
        } = &settings.policies;
        Self {
            name: settings.name.clone(),
            disabled_at: settings.disabled_at,
            public_models: public_models.as_deref().map(PolicyReference::from),
            new_projects: new_projects.as_deref().map(PolicyReference::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_fits_into_a_model_id_and_a_header() {
        for good in ["acme", "a", "microsoft-openai-sdk-team", "4chan"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "Acme",
            "a b",
            "a:b",
            "ä",
            "a\r\nb",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_update_changes_one_setting() {
        let at = Timestamp::from_seconds;
        let first = OrganizationSettings {
            name: "Acme".parse().expect("a name"),
            disabled_at: None,
            policies: OrganizationPolicies::default(),
        };
        let name: Name = "Acme Inc.".parse().expect("a name");
        let renamed = first.updated(OrganizationUpdate::Name(name.clone()), at(1));
        assert_eq!(
            renamed,
            OrganizationSettings {
                name,
                ..first.clone()
            }
        );
        let disabled = first.updated(OrganizationUpdate::Disable, at(2));
        assert_eq!(disabled.disabled_at, Some(at(2)));
        assert_eq!(
            disabled.updated(OrganizationUpdate::Disable, at(3)),
            disabled
        );
        assert_eq!(disabled.updated(OrganizationUpdate::Enable, at(4)), first);
        let policy = Policy::new(crate::policy::PolicyMode::DenyList, vec![]).expect("a policy");
        let policy = Some(Arc::new(policy));
        let public = first.updated(OrganizationUpdate::PublicModels(policy.clone()), at(5));
        assert_eq!(public.policies.public_models, policy);
        assert_eq!(public.policies.new_projects, None);
        let new = public.updated(OrganizationUpdate::NewProjects(policy.clone()), at(6));
        assert_eq!(new.policies.new_projects, policy);
        assert_eq!(new.policies.public_models, policy);
        assert_eq!(
            new.updated(OrganizationUpdate::NewProjects(None), at(7)),
            public
        );
    }

    #[test]
    fn an_id_made_from_a_uuid_parses() {
        let id = OrganizationId::from_uuid(uuid::Uuid::nil());
        assert_eq!(id.as_str(), "org-00000000000000000000000000000000");
        assert_eq!(id.as_str().parse(), Ok(id));
        for bad in ["", "public", "a b", "a:b", "a/b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<OrganizationId>().is_err(), "{bad}");
        }
        assert!("Acme_1-2".parse::<OrganizationId>().is_ok());
    }
}
