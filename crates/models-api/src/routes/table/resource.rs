//! The resources of the administration API.

/// A resource of the administration API, below `/v1/organization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The admin API keys.
    AdminApiKeys,
    /// An admin API key.
    AdminApiKey,
    /// The audit log.
    AuditLogs,
    /// The projects.
    Projects,
    /// A project.
    Project,
    /// The archival of a project.
    ProjectArchive,
    /// The API keys of a project.
    ProjectApiKeys,
    /// An API key of a project.
    ProjectApiKey,
    /// The service accounts of a project.
    ServiceAccounts,
    /// A service account of a project.
    ServiceAccount,
    /// The API keys of a service account.
    ServiceAccountApiKeys,
    /// The model permissions of a project.
    ModelPermissions,
}

/// The beginning of all paths.
const ORGANIZATION: &str = "/v1/organization/";

impl Resource {
    /// All resources.
    pub const ALL: [Self; 12] = [
        Self::AdminApiKeys,
        Self::AdminApiKey,
        Self::AuditLogs,
        Self::Projects,
        Self::Project,
        Self::ProjectArchive,
        Self::ProjectApiKeys,
        Self::ProjectApiKey,
        Self::ServiceAccounts,
        Self::ServiceAccount,
        Self::ServiceAccountApiKeys,
        Self::ModelPermissions,
    ];

    /// Returns the resource of a path, which is not decoded.
    pub(super) fn of(path: &str) -> Option<Self> {
        if !path.starts_with(ORGANIZATION) {
            return None;
        }
        let mut all = Self::ALL.into_iter();
        all.find(|resource| matches(resource.path(), path))
    }

    /// The path, with names in braces for its ids.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::AdminApiKeys => "/v1/organization/admin_api_keys",
            Self::AdminApiKey => "/v1/organization/admin_api_keys/{key_id}",
            Self::AuditLogs => "/v1/organization/audit_logs",
            Self::Projects => "/v1/organization/projects",
            Self::Project => "/v1/organization/projects/{project_id}",
            Self::ProjectArchive => "/v1/organization/projects/{project_id}/archive",
            Self::ProjectApiKeys => "/v1/organization/projects/{project_id}/api_keys",
            Self::ProjectApiKey => "/v1/organization/projects/{project_id}/api_keys/{api_key_id}",
            Self::ServiceAccounts => "/v1/organization/projects/{project_id}/service_accounts",
            Self::ServiceAccount => {
                "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}"
            }
            Self::ServiceAccountApiKeys => {
                "/v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys"
            }
            Self::ModelPermissions => "/v1/organization/projects/{project_id}/model_permissions",
        }
    }

    /// The names of the ids in the path, in their order.
    pub(crate) fn id_names(self) -> impl Iterator<Item = &'static str> {
        let segments = self.path().split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The ids in this path of the resource, in their order and as the client sent them.
    pub(crate) fn ids(self, path: &str) -> impl Iterator<Item = &str> {
        let both = self.path().split('/').zip(path.split('/'));
        both.filter_map(|(pattern, segment)| pattern.starts_with('{').then_some(segment))
    }

    /// The name of what the last id of the path identifies, for errors.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::AdminApiKeys | Self::AdminApiKey => "admin API key",
            Self::AuditLogs => "audit log",
            Self::Projects
            | Self::Project
            | Self::ProjectArchive
            | Self::ProjectApiKeys
            | Self::ServiceAccounts
            | Self::ModelPermissions => "project",
            Self::ProjectApiKey => "API key",
            Self::ServiceAccount | Self::ServiceAccountApiKeys => "service account",
        }
    }
}

/// Whether the path has the segments of the pattern, with an id for each name in braces.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut expected, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), segments.next()) {
            (None, None) => return true,
            (Some(name), Some(segment)) if name.starts_with('{') && !segment.is_empty() => {}
            (Some(name), Some(segment)) if name == segment => {}
            (_, _) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_resource_has_an_id_for_each_name() {
        for resource in Resource::ALL {
            let path = resource.path().replace(['{', '}'], "");
            assert_eq!(Resource::of(&path), Some(resource), "{path}");
            let names: Vec<_> = resource.id_names().collect();
            assert_eq!(resource.ids(&path).collect::<Vec<_>>(), names);
            for other in [
                format!("{path}/"),
                format!("{path}/more"),
                path[1..].to_owned(),
            ] {
                assert_ne!(Resource::of(&other), Some(resource), "{other}");
            }
        }
        for path in [
            "/v1/organization/",
            "/v1/organization/projects//api_keys",
            "/v1/organization/projects/a/api_keys/",
            "/v1/organization/project%73",
            "/v1//organization/projects",
        ] {
            assert_eq!(Resource::of(path), None, "{path}");
        }
    }
}
