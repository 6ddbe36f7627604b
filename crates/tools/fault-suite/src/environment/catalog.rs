//! The catalog of a scenario, and two writers: one that waits for the nodes, as the command line
//! does, and one that does not, for the controls.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use models_core::{
    Actor, ApiKey, ApiKeyId, Context, DefaultProject, Import, ImportEntry, Organization,
    OrganizationId, Origin, ProjectId, Role, Scope, Secret,
};
use models_node::Nodes;
use models_store::{Options, Store};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::Failure;
use crate::environment::node::LEASE;

pub struct Catalog {
    pub store: Store<Nodes>,
    pub organization: Organization,
    /// The owner's key.
    pub owner: String,
}

impl Catalog {
    /// Makes a catalog at this URL, with an organization and an owner's key.
    pub async fn make(url: &str) -> Result<Self, Failure> {
        let options = Options {
            max_connections: 8,
            connect_timeout: Duration::from_secs(5),
            lease: LEASE,
            create: true,
        };
        let store = models_store::open(url, options, Nodes::new).await?;
        Self::make_in(store, "acme").await
    }

    /// Adds another organization to the catalog, with an owner's key.
    pub async fn another(&self, slug: &str) -> Result<Self, Failure> {
        Self::make_in(self.store.clone(), slug).await
    }

    async fn make_in(store: Store<Nodes>, slug: &str) -> Result<Self, Failure> {
        let organization = Organization {
            id: OrganizationId::from_uuid(Uuid::now_v7()),
            slug: slug.parse()?,
            name: slug.parse()?,
            default_project: DefaultProject {
                id: ProjectId::from_uuid(Uuid::now_v7()),
                name: "Default".parse()?,
            },
            created_at: SystemTime::now().into(),
            disabled_at: None,
        };
        store
            .organizations
            .insert(organization.clone(), origin())
            .await?;
        let mut catalog = Self {
            store,
            organization,
            owner: String::new(),
        };
        catalog.owner = catalog.key(Role::Owner).await?.1;
        Ok(catalog)
    }

    /// Creates a key, and returns its id and secret.
    pub async fn key(&self, role: Role) -> Result<(ApiKeyId, String), Failure> {
        let mut random = [0; 32];
        random[..16].copy_from_slice(Uuid::now_v7().as_bytes());
        random[16..].copy_from_slice(Uuid::now_v7().as_bytes());
        let secret = Secret::from_random(random);
        let key = ApiKey {
            id: ApiKeyId::from_uuid(Uuid::now_v7()),
            organization_id: self.organization.id.clone(),
            organization_slug: self.organization.slug.clone(),
            project_id: self.organization.default_project.id.clone(),
            service_account_id: None,
            name: "a key".parse()?,
            role,
            scopes: None,
            redacted_value: secret.redacted(),
            created_at: SystemTime::now().into(),
            expires_at: None,
            revoked_at: None,
        };
        let id = key.id.clone();
        let inserted = self.store.api_keys.insert(key, secret.digest(), origin());
        inserted
            .await?
            .map_err(|refusal| format!("the key was refused: {refusal:?}"))?;
        Ok((id, secret.expose().to_owned()))
    }

    pub async fn keys(&self, count: usize) -> Result<Vec<(ApiKeyId, String)>, Failure> {
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            keys.push(self.key(Role::Reader).await?);
        }
        Ok(keys)
    }

    /// Adds models of the organization.
    pub async fn add(&self, ids: &[String]) -> Result<(), Failure> {
        self.add_to(Scope::Organization(self.organization.id.clone()), ids)
            .await
    }

    /// Adds models of this scope.
    pub async fn add_to(&self, scope: Scope, ids: &[String]) -> Result<(), Failure> {
        let entries = ids.iter().map(|id| {
            Ok(ImportEntry {
                id: id.parse()?,
                created: Some(SystemTime::now().into()),
                owned_by: None,
                shutdown_date: None,
            })
        });
        let import = Import {
            scope,
            entries: entries.collect::<Result<_, Failure>>()?,
            default_owner: "acme".parse()?,
            dry_run: false,
        };
        self.store
            .models
            .import(import, origin(), Arc::new(|_| ()))
            .await?;
        Ok(())
    }

    /// The ids of the organization's models.
    pub async fn ids(&self) -> Result<Vec<String>, Failure> {
        let scope = Scope::Organization(self.organization.id.clone());
        let models = self.store.models.list(&scope).await?;
        Ok(models.into_iter().map(|model| model.id.into()).collect())
    }
}

pub fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: SystemTime::now().into(),
        context: Context::default(),
    }
}

/// A writer that changes the catalog in SQL and does not wait for the nodes.
pub struct UnsafeWriter(pub PgPool);

impl UnsafeWriter {
    /// Revokes a key as the store does, and returns after the commit.
    pub async fn revoke(&self, id: &ApiKeyId) -> Result<(), Failure> {
        self.change(
            "api_key.deleted",
            id.as_str(),
            "UPDATE api_keys SET revoked_at = 1 WHERE id = $1",
            true,
        )
        .await
    }

    /// Deletes a model without a notification.
    pub async fn delete_silently(&self, id: &str) -> Result<(), Failure> {
        self.change(
            "model.deleted",
            id,
            "DELETE FROM models WHERE id = $1",
            false,
        )
        .await
    }

    async fn change(
        &self,
        kind: &str,
        id: &str,
        statement: &'static str,
        notifies: bool,
    ) -> Result<(), Failure> {
        let mut transaction = self.0.begin().await?;
        let advance = "UPDATE catalog SET revision = revision + 1 RETURNING revision";
        let row = sqlx::query(advance).fetch_one(&mut *transaction).await?;
        let revision: i64 = row.try_get(0)?;
        let example = if kind == "model.deleted" {
            "model.created"
        } else {
            "api_key.created"
        };
        sqlx::query(statement)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        let log = "INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            SELECT $1, occurred_at, actor, $2, organization_id, subject_id, replace(change, $3, $2) \
            FROM events WHERE subject_id = $4 AND type = $3 ORDER BY revision DESC LIMIT 1";
        let logged = sqlx::query(log)
            .bind(revision)
            .bind(kind)
            .bind(example)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if logged.rows_affected() != 1 {
            return Err(format!("{id} was never made").into());
        }
        if notifies {
            let notify = "SELECT pg_notify('models_revision', $1::text)";
            sqlx::query(notify)
                .bind(revision)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
