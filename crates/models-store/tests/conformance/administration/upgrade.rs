//! A database of version 0.1, opened by this version.

use std::num::NonZeroU32;
use std::path::Path;

use models_core::{
    AccountRole, Actor, Attempt, AuditQuery, Context, Deletion, KeyRejection, ModelId, Order,
    Permissions, Revision, Role, Secret,
};
use models_node::Nodes;
use models_store::open;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_database::TestDatabase;

use crate::fixtures::administration::{access, add_account, page, whole};
use crate::fixtures::{NOW, log, random_bytes};
use crate::{OPTIONS, Store};

/// The newest migration of version 0.1.
const NEWEST: &str = "0009";

const OWNER: &str = "key_018f2b1c7a3d7c4e9b1a2f3c4d5e6f72";
const READER: &str = "key_018f2b1c7a3d7c4e9b1a2f3c4d5e6f73";
const REVOKED: &str = "key_018f2b1c7a3d7c4e9b1a2f3c4d5e6f74";

/// Makes the tables of version 0.1, and runs the statements on them.
async fn make(database: &TestDatabase, kind: &str, statements: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(kind);
    let older = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.as_str() < "0010" {
            std::fs::copy(file.path(), older.path().join(&name)).unwrap();
        }
    }
    let migrator = Migrator::new(older.path()).await.unwrap();
    let newest = migrator.iter().map(|one| one.version).max();
    assert_eq!(newest, NEWEST.parse().ok());
    let statements = AssertSqlSafe(statements.to_owned());
    if kind == "sqlite" {
        let url = format!("{}?mode=rwc", database.url());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        connection.execute(statements).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        connection.execute(statements).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn check(store: Store, secrets: &[(&str, Secret)]) {
    let acme = store.organizations.list().await.unwrap().remove(0);
    let default = &acme.default_project.id;
    // The keys work as before.
    for (id, secret) in secrets {
        let found = access(&store, &secret.digest()).await;
        assert_eq!(found.key.id.as_str(), *id);
        let role = if *id == READER {
            Role::Reader
        } else {
            Role::Owner
        };
        assert_eq!((found.key.role, &found.key.scopes), (role, &None));
        let principal = found.principal(NOW);
        if *id == REVOKED {
            assert_eq!(principal, Err(KeyRejection::Revoked));
        } else {
            let permissions = Permissions::of(role, None, None);
            assert_eq!(principal.unwrap().permissions, permissions);
        }
    }
    // Each valid key has an account of its name.
    let keys = store.api_keys.list_of_project(&acme.id, default, whole());
    let keys = keys.await.unwrap().unwrap().items;
    let shown: Vec<_> = keys
        .iter()
        .map(|owned| {
            let account = owned.account.as_ref().unwrap();
            let key = &owned.listed.key;
            assert_eq!(key.service_account_id.as_ref(), Some(&account.id));
            assert_eq!(key.created_at, account.created_at);
            (key.id.as_str(), account.name.as_str(), account.role)
        })
        .collect();
    let expected = [
        (READER, "the reader", AccountRole::Member),
        (OWNER, "the owner", AccountRole::Owner),
    ];
    assert_eq!(shown, expected, "by the time of creation");
    // A new account comes after the ones of the upgrade, whatever its time is.
    let mut ids: Vec<String> = keys
        .iter()
        .map(|owned| owned.account.as_ref().unwrap().id.to_string())
        .collect();
    let new = add_account(&store, &acme, default, "0").await;
    ids.push(new.id.to_string());
    let listed = store.service_accounts.list(&acme.id, default, whole());
    let listed = listed.await.unwrap().unwrap().items;
    let listed: Vec<String> = listed
        .iter()
        .map(|account| account.id.to_string())
        .collect();
    assert_eq!(listed, ids);
    let after = page(Some(&ids[0]), 1, Order::Ascending);
    let next = store.service_accounts.list(&acme.id, default, after);
    let next = next.await.unwrap().unwrap();
    assert_eq!(next.items[0].id.as_str(), ids[1]);

    // The audit log knows the projects of older events, and the accounts of the keys in them.
    let query = AuditQuery::newest(Some(acme.id.clone()), NonZeroU32::MIN.saturating_add(9));
    let entries = store.audit.list(query).await.unwrap().items;
    let shown: Vec<_> = entries
        .iter()
        .filter(|entry| entry.revision <= Revision(3))
        .map(|entry| {
            let account = entry.service_account_id.as_ref();
            let project = entry.project.as_ref().map(|(id, _)| id.as_str());
            (entry.kind.as_str(), project, account.is_some())
        })
        .collect();
    let expected = [
        ("api_key.created", None, false),
        ("api_key.created", Some(default.as_str()), false),
        ("model.deleted", Some(default.as_str()), true),
    ];
    assert_eq!(shown, expected);

    // The event has the key's id alone as its actor.
    let entry = log(&store).await.remove(0);
    let event = entry.into_event().unwrap();
    let owner = OWNER.parse().unwrap();
    assert_eq!(event.origin.actor, Actor::ApiKey(OWNER.parse().unwrap()));
    let model: ModelId = "gone".parse().unwrap();
    for (attempt, is_repeated) in [(Attempt::Repeated, true), (Attempt::First, false)] {
        let deletion = store
            .models
            .delete_as(&owner, &model, NOW, attempt, Context::default());
        let deletion = deletion.await.unwrap();
        let expected = matches!(
            &deletion,
            Deletion::Repeated { model, revision: Revision(1) } if model.id.as_str() == "gone"
        );
        assert_eq!(expected, is_repeated, "{deletion:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_version_0_1_keeps_its_keys_and_its_log() {
    let secrets = [OWNER, READER, REVOKED].map(|id| (id, Secret::from_random(random_bytes())));
    let digest = |number: usize| secrets[number].1.digest().to_hex();
    let organization = "org-018f2b1c7a3d7c4e9b1a2f3c4d5e6f70";
    let project = "proj_018f2b1c7a3d7c4e9b1a2f3c4d5e6f71";
    let key = |id: &str, name: &str, role: &str, digest: &str, at: u32, revoked_at: &str| {
        format!(
            "INSERT INTO api_keys (id, organization_id, project_id, name, role, digest, redacted_value, created_at, \
            revoked_at) VALUES ('{id}', '{organization}', '{project}', '{name}', '{role}', '{digest}', '...', {at}, \
            {revoked_at});"
        )
    };
    let statements = [
        format!(
            "INSERT INTO organizations (id, slug, name, created_at) VALUES ('{organization}', 'acme', 'Acme', 1); \
            INSERT INTO projects (id, organization_id, name, is_default, created_at) \
            VALUES ('{project}', '{organization}', 'Default project', 1, 1);"
        ),
        key(OWNER, "the owner", "owner", digest(0).as_str(), 9, "NULL"),
        key(READER, "the reader", "reader", digest(1).as_str(), 8, "NULL"),
        key(REVOKED, "revoked", "owner", digest(2).as_str(), 7, "10"),
        format!(
            "INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) VALUES \
            (1, {}, '{OWNER}', 'model.deleted', '{organization}', 'gone', \
            '{{\"type\":\"model.deleted\",\"details\":{{\"id\":\"gone\",\"scope\":{{\"organization\":\"{organization}\"}},\"created\":1,\
            \"owned_by\":\"b\",\"shutdown_date\":null}}}}'); \
            INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) VALUES \
            (2, 1, 'command_line', 'api_key.created', '{organization}', '{READER}', \
            '{{\"type\":\"api_key.created\",\"details\":{{\"id\":\"{READER}\",\"project_id\":\"{project}\",\"name\":\"a\"}}}}'), \
            (3, 1, 'command_line', 'api_key.created', '{organization}', '{READER}', 'damaged'); \
            UPDATE catalog SET revision = 3;",
            NOW.seconds() - 30
        ),
    ]
    .concat();
    for (kind, database) in [
        ("sqlite", TestDatabase::sqlite()),
        ("postgres", TestDatabase::postgres().await),
    ] {
        make(&database, kind, &statements).await;
        let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
        check(store, &secrets).await;
    }
}
