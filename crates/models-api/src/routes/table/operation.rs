//! The operations of the routes.

/// The operation of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Describes the service.
    ShowIndex,
    /// Lists models.
    List,
    /// Retrieves a model.
    Retrieve,
    /// Registers a model.
    Register,
    /// Updates a model.
    Update,
    /// Deletes a model.
    Delete,
    /// An operation of the administration API.
    Administer(Administration),
}

/// An operation of the administration API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administration {
    /// Lists admin API keys.
    ListAdminApiKeys,
    /// Creates an admin API key.
    CreateAdminApiKey,
    /// Retrieves an admin API key.
    RetrieveAdminApiKey,
    /// Revokes an admin API key.
    DeleteAdminApiKey,
    /// Lists entries of the audit log.
    ListAuditLogs,
    /// Lists projects.
    ListProjects,
    /// Creates a project.
    CreateProject,
    /// Retrieves a project.
    RetrieveProject,
    /// Renames a project.
    UpdateProject,
    /// Archives a project.
    ArchiveProject,
    /// Lists the API keys of a project.
    ListProjectApiKeys,
    /// Retrieves an API key of a project.
    RetrieveProjectApiKey,
    /// Changes the scopes or the expiry of an API key.
    UpdateProjectApiKey,
    /// Revokes an API key of a project.
    DeleteProjectApiKey,
    /// Lists the service accounts of a project.
    ListServiceAccounts,
    /// Creates a service account, and usually its first key.
    CreateServiceAccount,
    /// Retrieves a service account.
    RetrieveServiceAccount,
    /// Changes the name or the role of a service account.
    UpdateServiceAccount,
    /// Deletes a service account and revokes its keys.
    DeleteServiceAccount,
    /// Creates an API key of a service account.
    CreateServiceAccountApiKey,
    /// Retrieves the model permissions of a project.
    RetrieveModelPermissions,
    /// Replaces the model permissions of a project.
    UpdateModelPermissions,
    /// Removes the model permissions of a project.
    DeleteModelPermissions,
}

impl Administration {
    /// Whether the operation changes the catalog.
    pub(crate) const fn changes(self) -> bool {
        match self {
            Self::CreateAdminApiKey
            | Self::DeleteAdminApiKey
            | Self::CreateProject
            | Self::UpdateProject
            | Self::ArchiveProject
            | Self::UpdateProjectApiKey
            | Self::DeleteProjectApiKey
            | Self::CreateServiceAccount
            | Self::UpdateServiceAccount
            | Self::DeleteServiceAccount
            | Self::CreateServiceAccountApiKey
            | Self::UpdateModelPermissions
            | Self::DeleteModelPermissions => true,
            Self::ListAdminApiKeys
            | Self::RetrieveAdminApiKey
            | Self::ListAuditLogs
            | Self::ListProjects
            | Self::RetrieveProject
            | Self::ListProjectApiKeys
            | Self::RetrieveProjectApiKey
            | Self::ListServiceAccounts
            | Self::RetrieveServiceAccount
            | Self::RetrieveModelPermissions => false,
        }
    }
}
