//! The service under test, and those who call it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use models_api::{Application, Settings};
use models_core::{
    Actor, ApiKey, ApiKeyId, Import, ImportEntry, Organization, OrganizationId, Origin, Project,
    ProjectId, Role, Scope, Secret, Timestamp,
};
use models_store::{Store, open};
use test_database::TestDatabase;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::http::{Answer, send};

/// A running service on a database of its own; it stops when it is dropped.
pub struct TestService {
    pub address: SocketAddr,
    pub store: Store,
    _stop: oneshot::Sender<()>,
    _database: TestDatabase,
}

/// Someone who asks, with a key or without one.
pub struct TestCaller {
    address: SocketAddr,
    pub token: Option<String>,
    pub key: Option<ApiKey>,
}

impl TestService {
    pub async fn on_sqlite() -> Self {
        Self::start(TestDatabase::sqlite()).await
    }

    pub async fn on_postgres() -> Self {
        Self::start(TestDatabase::postgres().await).await
    }

    async fn start(database: TestDatabase) -> Self {
        let variables = [
            ("MODELS__DATABASE__URL", database.url()),
            ("MODELS__SERVER__PORT", "0"),
            ("MODELS__SERVER__WORKERS", "1"),
        ];
        let variables: HashMap<_, _> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::load_from(&variables).unwrap();
        let store = open(settings.database.url.expose(), settings.database.options())
            .await
            .unwrap();
        let application = Application::bind(&settings, &store).unwrap();
        let address = application.address();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(application.run(async move { drop(stopped.await) }).unwrap());
        Self {
            address,
            store,
            _stop: stop,
            _database: database,
        }
    }

    pub async fn organization(&self, slug: &str) -> Organization {
        let organization = Organization {
            id: OrganizationId::from_uuid(Uuid::now_v7()),
            slug: slug.parse().unwrap(),
            name: format!("{slug} Inc.").parse().unwrap(),
            default_project: Project {
                id: ProjectId::from_uuid(Uuid::now_v7()),
                name: "Default".parse().unwrap(),
            },
            created_at: now(),
        };
        self.store
            .organizations
            .insert(organization.clone(), None, origin())
            .await
            .unwrap();
        organization
    }

    pub fn anonymous(&self) -> TestCaller {
        TestCaller {
            address: self.address,
            token: None,
            key: None,
        }
    }

    /// Someone with this token, whether there is such a key or not.
    pub fn bearer(&self, token: &str) -> TestCaller {
        TestCaller {
            token: Some(token.to_owned()),
            ..self.anonymous()
        }
    }

    /// Someone with a new key.
    pub async fn caller(&self, organization: &Organization, role: Role) -> TestCaller {
        self.caller_until(organization, role, None).await
    }

    pub async fn caller_until(
        &self,
        organization: &Organization,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> TestCaller {
        let mut random = [0; 32];
        random[..16].copy_from_slice(Uuid::now_v7().as_bytes());
        self.caller_with(organization, role, expires_at, &Secret::from_random(random))
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
            role,
            redacted_value: secret.redacted(),
            created_at: now(),
            expires_at,
            revoked_at: None,
        };
        self.store
            .api_keys
            .insert(key.clone(), secret.digest(), origin())
            .await
            .unwrap();
        TestCaller {
            token: Some(secret.expose().to_owned()),
            key: Some(key),
            ..self.anonymous()
        }
    }

    /// Adds models, each with its time of creation, to the organization or to the public.
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
    }
}

impl TestCaller {
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[]).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        if let Some(authorization) = &authorization {
            all.push(("Authorization", authorization));
        }
        send(self.address, method, path, &all).await
    }
}

pub fn now() -> Timestamp {
    SystemTime::now().into()
}

pub fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
