//! A catalog to copy, and the database that it is copied to.

use std::sync::Arc;
use std::time::Duration;

use models_core::{KeyDigest, KeyUses, OrganizationUpdate, PolicyMode, Role, Scope};
use models_node::Nodes;
use models_store::{Copied, CopyError, CopyStep, copy, open};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use test_database::TestDatabase;

use crate::fixtures::administration::{
    account, add_account, add_admin_key, add_key_of, add_project, policy, scopes,
    update_organization,
};
use crate::fixtures::{
    NOW, add_api_key, add_models, add_organization, api_key, entry, id, import, origin, own,
};
use crate::{OPTIONS, Store};

pub struct Scene {
    pub source: TestDatabase,
    pub target: TestDatabase,
}

impl Scene {
    /// A source with an organization, a key and two models, and a database without tables.
    pub async fn small() -> Self {
        let scene = Self {
            source: TestDatabase::sqlite(),
            target: TestDatabase::postgres().await,
        };
        let store = scene.open_source().await;
        let acme = add_organization(&store, "acme").await;
        add_api_key(&store, &acme, Role::Owner).await;
        add_models(&store, &Scope::Public, &[("a", 1), ("b", 2)]).await;
        store.close().await;
        scene
    }

    pub async fn open_source(&self) -> Store {
        open(self.source.url(), OPTIONS, Nodes::new).await.unwrap()
    }

    pub async fn open_target(&self) -> Store {
        open(self.target.url(), OPTIONS, Nodes::new).await.unwrap()
    }

    pub async fn copy(&self) -> Result<Copied, CopyError> {
        self.copy_with(|_| ()).await
    }

    pub async fn copy_with(
        &self,
        report: impl Fn(CopyStep<'_>) + Send + Sync,
    ) -> Result<Copied, CopyError> {
        copy(self.source.url(), self.target.url(), OPTIONS, report).await
    }

    /// Fails to copy, and returns the message.
    pub async fn refusal(&self) -> String {
        self.copy().await.unwrap_err().to_string()
    }

    /// Runs statements on the source.
    pub async fn on_source(&self, statements: &str) {
        on_file(self.source.url(), statements).await;
    }

    /// Runs statements on the source, without waiting for locks.
    pub async fn try_on_source(&self, statements: &'static str) -> Result<(), sqlx::Error> {
        let connect: SqliteConnectOptions = self.source.url().parse()?;
        let mut connection = connect.busy_timeout(Duration::ZERO).connect().await?;
        connection.execute(statements).await.map(drop)
    }

    /// Runs statements on the rows of the source's nodes.
    pub async fn on_nodes(&self, statements: &str) {
        on_file(&format!("{}-nodes", self.source.url()), statements).await;
    }

    /// Runs statements on the target.
    pub async fn on_target(&self, statements: &str) {
        let mut connection = PgConnection::connect(self.target.url()).await.unwrap();
        let statements = AssertSqlSafe(statements.to_owned());
        connection.execute(statements).await.unwrap();
    }

    /// The response of the target to a question.
    pub async fn target_answers(&self, question: &'static str) -> bool {
        let mut connection = PgConnection::connect(self.target.url()).await.unwrap();
        let answer = sqlx::query_scalar(question).fetch_one(&mut connection);
        answer.await.unwrap()
    }

    /// The source can be used, and the target has no rows.
    pub async fn assert_unchanged(&self) {
        let store = self.open_source().await;
        add_organization(&store, "still-in-use").await;
        store.close().await;
        let store = self.open_target().await;
        assert!(store.organizations.list().await.unwrap().is_empty());
        assert_eq!(store.events.revision().await.unwrap().0, 0);
        store.close().await;
    }
}

async fn on_file(url: &str, statements: &str) {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let statements = AssertSqlSafe(statements.to_owned());
    connection.execute(statements).await.unwrap();
    connection.close().await.unwrap();
}

/// Texts that the text form must escape, and texts outside of ASCII.
pub const ODD_IDS: [&str; 6] = [
    r"back\slash",
    r"\N",
    r"\.",
    "東京/ünï-模型",
    "🦀",
    "ft:gpt-4o:acme::x%_",
];

/// Fills the catalog with rows of every kind. Returns the digests of all keys.
pub async fn fill(store: &Store) -> Vec<KeyDigest> {
    let acme = add_organization(store, "acme").await;
    let other = add_organization(store, "other").await;
    let odd = ODD_IDS.map(|id| (id, 7));
    add_models(store, &Scope::Public, &odd).await;
    add_models(store, &Scope::Public, &[("gone", 1), ("kept", 2)]).await;
    add_models(store, &own(&acme), &[("own", 3), ("gone", 4)]).await;
    let mut dated = entry("dated", 9);
    dated.shutdown_date = Some("2027-01-31".parse().unwrap());
    dated.owned_by = Some("a \\ owner \\N".parse().unwrap());
    let imported =
        store
            .models
            .import(import(own(&other), vec![dated]), origin(), Arc::new(|_| ()));
    imported.await.unwrap();
    for scope in [Scope::Public, own(&acme)] {
        let deleted = store.models.delete(&scope, &id("gone"), origin()).await;
        assert!(deleted.unwrap().is_some());
    }

    let (plain, first) = add_api_key(store, &acme, Role::Owner).await;
    let (revoked, second) = add_api_key(store, &other, Role::Reader).await;
    store.api_keys.revoke(&revoked.id, origin()).await.unwrap();
    let (mut scoped, third) = api_key(&acme, Role::Writer);
    scoped.scopes = scopes(&["api.model.read"]);
    scoped.expires_at = Some(NOW);
    let inserted = store.api_keys.insert(scoped, third, origin());
    inserted.await.unwrap().unwrap();

    let project = add_project(store, &acme, "p").await;
    let archived = add_project(store, &acme, "archived").await;
    let archiving = store.projects.archive(&acme.id, &archived.id, origin());
    archiving.await.unwrap().unwrap();
    let member = add_account(store, &acme, &project.id, "member").await;
    let (_, fourth) = add_key_of(store, &acme, &member).await;
    let deleted = account(&acme, &project.id, "deleted");
    let inserted = store
        .service_accounts
        .insert(deleted.clone(), None, origin());
    inserted.await.unwrap().unwrap();
    let deleting = store
        .service_accounts
        .delete(&acme.id, &project.id, &deleted.id, origin());
    deleting.await.unwrap().unwrap();

    let allow = policy(PolicyMode::AllowList, &["kept", "東*", r"back\*"]);
    let set = store
        .projects
        .set_policy(&acme.id, &project.id, Some(allow.clone()), origin());
    set.await.unwrap().unwrap();
    update_organization(store, &acme, OrganizationUpdate::PublicModels(Some(allow))).await;
    let deny = policy(PolicyMode::DenyList, &["gone"]);
    update_organization(store, &acme, OrganizationUpdate::NewProjects(Some(deny))).await;
    update_organization(store, &other, OrganizationUpdate::Disable).await;

    let (admin, fifth) = add_admin_key(store, &acme, "admin").await;
    let (gone, sixth) = add_admin_key(store, &acme, "gone-admin").await;
    let revoking = store.admin_api_keys.revoke(&acme.id, &gone.id, origin());
    revoking.await.unwrap().unwrap();
    let uses = KeyUses {
        api_keys: vec![(plain.id, NOW)],
        admin_api_keys: vec![(admin.id, NOW)],
    };
    store.credentials.record_uses(uses).await.unwrap();
    let lease = Duration::from_secs(7);
    store.lease.set(lease, origin()).await.unwrap();
    vec![first, second, third, fourth, fifth, sixth]
}
