//! Organizations, callers and models of a service.

use std::sync::Arc;

use models_core::{
    AdminApiKey, AdminApiKeyId, ApiKey, ApiKeyId, DefaultProject, Import, ImportEntry,
    Organization, OrganizationId, OrganizationUpdate, ProjectId, Role, Scope, Secret, Timestamp,
};
use uuid::Uuid;

use super::caller::TestCaller;
use super::origin::{now, origin};
use super::running::TestService;

impl TestService {
    pub async fn organization(&self, slug: &str) -> Organization {
        let organization = Organization {
            id: OrganizationId::from_uuid(Uuid::now_v7()),
            slug: slug.parse().unwrap(),
            name: format!("{slug} Inc.").parse().unwrap(),
            default_project: DefaultProject {
                id: ProjectId::from_uuid(Uuid::now_v7()),
                name: "Default".parse().unwrap(),
            },
            created_at: now(),
            disabled_at: None,
        };
        self.store
            .organizations
            .insert(organization.clone(), origin())
            .await
            .unwrap();
        self.catch_up().await;
        organization
    }

    pub async fn disable(&self, organization: &Organization) {
        let update = OrganizationUpdate::Disable;
        let disabled = self
            .store
            .organizations
            .update(&organization.id, update, origin());
        disabled.await.unwrap().unwrap();
        self.catch_up().await;
    }

    pub fn anonymous(&self) -> TestCaller {
        TestCaller {
            address: self.address,
            token: None,
            key: None,
            admin_key: None,
        }
    }

    /// A caller with this token, which need not be a key.
    pub fn bearer(&self, token: &str) -> TestCaller {
        TestCaller {
            token: Some(token.to_owned()),
            ..self.anonymous()
        }
    }

    /// A caller with a new key.
    pub async fn caller(&self, organization: &Organization, role: Role) -> TestCaller {
        self.caller_until(organization, role, None).await
    }

    pub async fn caller_until(
        &self,
        organization: &Organization,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> TestCaller {
        let secret = Secret::from_random(random());
        self.caller_with(organization, role, expires_at, &secret)
            .await
    }

    pub async fn caller_with(
        &self,
        organization: &Organization,
        role: Role,
        expires_at: Option<Timestamp>,
        secret: &Secret,
    ) -> TestCaller {
        let key = ApiKey {
            id: ApiKeyId::from_uuid(Uuid::now_v7()),
            organization_id: organization.id.clone(),
            organization_slug: organization.slug.clone(),
            project_id: organization.default_project.id.clone(),
            name: "a key".parse().unwrap(),
            service_account_id: None,
            role,
            scopes: None,
            redacted_value: secret.redacted(),
            created_at: now(),
            expires_at,
            revoked_at: None,
        };
        self.store
            .api_keys
            .insert(key.clone(), secret.digest(), origin())
            .await
            .unwrap()
            .unwrap();
        self.catch_up().await;
        TestCaller {
            token: Some(secret.expose().to_owned()),
            key: Some(key),
            ..self.anonymous()
        }
    }

    /// A caller with a new admin key.
    pub async fn admin(&self, organization: &Organization) -> TestCaller {
        self.admin_until(organization, None).await
    }

    pub async fn admin_until(
        &self,
        organization: &Organization,
        expires_at: Option<Timestamp>,
    ) -> TestCaller {
        let secret = Secret::admin_from_random(random());
        let key = AdminApiKey {
            id: AdminApiKeyId::from_uuid(Uuid::now_v7()),
            organization_id: organization.id.clone(),
            organization_slug: organization.slug.clone(),
            name: "an admin key".parse().unwrap(),
            redacted_value: secret.redacted(),
            created_at: now(),
            expires_at,
            revoked_at: None,
        };
        let inserted = self
            .store
            .admin_api_keys
            .insert(key.clone(), secret.digest(), origin());
        inserted.await.unwrap().unwrap();
        self.catch_up().await;
        TestCaller {
            token: Some(secret.expose().to_owned()),
            admin_key: Some(key),
            ..self.anonymous()
        }
    }

    /// Adds models, each with its time of creation, to the organization, or to the public models.
    pub async fn models(&self, organization: Option<&Organization>, models: &[(&str, u32)]) {
        let entries = models.iter().map(|(id, created)| ImportEntry {
            id: id.parse().unwrap(),
            created: Some(Timestamp::from_seconds(*created)),
            owned_by: None,
            shutdown_date: None,
        });
        let owner = organization.map_or("system", |organization| organization.name.as_str());
        let import = Import {
            scope: organization.map_or(Scope::Public, |organization| {
                Scope::Organization(organization.id.clone())
            }),
            entries: entries.collect(),
            default_owner: owner.parse().unwrap(),
            dry_run: false,
        };
        self.store
            .models
            .import(import, origin(), Arc::new(|_| ()))
            .await
            .unwrap();
        self.catch_up().await;
    }
}

/// Bytes that no earlier call returned.
fn random() -> [u8; 32] {
    let mut random = [0; 32];
    random[..16].copy_from_slice(Uuid::now_v7().as_bytes());
    random
}
