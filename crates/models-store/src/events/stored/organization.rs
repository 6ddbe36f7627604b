//! The stored form of organizations with their default projects.

use std::borrow::Cow;

use models_core::{Invalid, Organization, Project, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganization<'a> {
    id: Cow<'a, str>,
    slug: Cow<'a, str>,
    name: Cow<'a, str>,
    default_project: StoredProject<'a>,
    created_at: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredProject<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
}

impl<'a> From<&'a Organization> for StoredOrganization<'a> {
    fn from(organization: &'a Organization) -> Self {
        let Organization {
            id,
            slug,
            name,
            default_project,
            created_at,
        } = organization;
        Self {
            id: id.as_str().into(),
            slug: slug.as_str().into(),
            name: name.as_str().into(),
            default_project: default_project.into(),
            created_at: created_at.seconds(),
        }
    }
}

impl<'a> From<&'a Project> for StoredProject<'a> {
    fn from(project: &'a Project) -> Self {
        let Project { id, name } = project;
        Self {
            id: id.as_str().into(),
            name: name.as_str().into(),
        }
    }
}

impl TryFrom<StoredOrganization<'_>> for Organization {
    type Error = Invalid;

    fn try_from(stored: StoredOrganization<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            slug: stored.slug.parse()?,
            name: stored.name.parse()?,
            default_project: stored.default_project.try_into()?,
            created_at: Timestamp::from_seconds(stored.created_at),
        })
    }
}

impl TryFrom<StoredProject<'_>> for Project {
    type Error = Invalid;

    fn try_from(stored: StoredProject<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            name: stored.name.parse()?,
        })
    }
}
