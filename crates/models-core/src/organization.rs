//! Tenants.

use serde::Serialize;

use crate::project::Project;
use crate::text::Name;
use crate::text::checked::{checked_text, prefixed_id};
use crate::time::Timestamp;

prefixed_id! {
    /// `org-` and letters and digits.
    OrganizationId, "an organization id", "org-"
}

checked_text! {
    /// What an organization is called inside the ids of its fine-tuned models and in
    /// `openai-organization`: 1 to 64 lower-case letters, digits and `-`, beginning and ending with
    /// a letter or digit.
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

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// Unique, given once.
    pub id: OrganizationId,
    /// Unique too.
    pub slug: Slug,
    /// For people; the `owned_by` of what the organization makes.
    pub name: Name,
    /// The project that its keys belong to unless another is named.
    pub default_project: Project,
    /// When it was created.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_can_stand_inside_a_model_id_and_a_header() {
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
    fn an_id_made_from_a_uuid_parses() {
        let id = OrganizationId::from_uuid(uuid::Uuid::nil());
        assert_eq!(id.as_str(), "org-00000000000000000000000000000000");
        assert_eq!(id.as_str().parse(), Ok(id));
        assert!("org-".parse::<OrganizationId>().is_err());
        assert!("proj_0".parse::<OrganizationId>().is_err());
    }
}
