//! Which administrative changes wait at the barrier, and which raise the catalog's level.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use models_core::{
    AccountRole, ApiKeyUpdate, Barrier, Committed, Level, NodeRepository, OrganizationUpdate,
    PolicyMode, ServiceAccountUpdate, Timestamp,
};
use models_store::{Store, open};
use test_database::TestDatabase;

use crate::OPTIONS;
use crate::fixtures::administration::{
    account, add_account, add_admin_key, add_key_of, add_project, policy, scopes,
    update_organization,
};
use crate::fixtures::{NOW, add_organization, origin};

/// Records each wait.
struct RecordingBarrier {
    nodes: Arc<dyn NodeRepository>,
    waits: Mutex<Vec<Committed>>,
}

#[async_trait]
impl Barrier for RecordingBarrier {
    async fn wait(&self, committed: Committed) {
        self.waits.lock().unwrap().push(committed);
    }
}

async fn on_both_databases() -> [(TestDatabase, Store<RecordingBarrier>); 2] {
    let opened = async |database: TestDatabase| {
        let barrier = |nodes| RecordingBarrier {
            nodes,
            waits: Mutex::default(),
        };
        let store = open(database.url(), OPTIONS, barrier).await.unwrap();
        (database, store)
    };
    [
        opened(TestDatabase::sqlite()).await,
        opened(TestDatabase::postgres().await).await,
    ]
}

/// Whether the newest change, made since the last check, has waited.
async fn has_waited(store: &Store<RecordingBarrier>) -> bool {
    let waits = std::mem::take(&mut *store.nodes.waits.lock().unwrap());
    let newest = store.events.position().await.unwrap();
    for wait in &waits {
        assert_eq!(wait.position.epoch, newest.epoch);
    }
    let last = waits.last().map(|wait| wait.position.revision);
    last == Some(newest.revision)
}

async fn level(store: &Store<RecordingBarrier>) -> Level {
    store.nodes.nodes.catalog().await.unwrap().level
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_what_keys_may_do_wait_for_the_nodes() {
    for (_database, store) in on_both_databases().await {
        let acme = add_organization(&store, "acme").await;
        let project = add_project(&store, &acme, "p").await;
        let owner = add_account(&store, &acme, &project.id, "a").await;
        let (key, _) = add_key_of(&store, &acme, &owner).await;
        let (admin, _) = add_admin_key(&store, &acme, "admin").await;
        assert!(!has_waited(&store).await, "nothing is taken away");
        let name = "another name".parse().unwrap();
        let rename = store.projects.rename(&acme.id, &project.id, name, origin());
        rename.await.unwrap().unwrap();
        assert!(!has_waited(&store).await, "a name");

        // A removed policy widens, and waits too.
        for policy in [Some(policy(PolicyMode::AllowList, &[])), None] {
            let set = store
                .projects
                .set_policy(&acme.id, &project.id, policy, origin());
            set.await.unwrap().unwrap();
            assert!(has_waited(&store).await, "a policy");
        }
        for update in [OrganizationUpdate::Disable, OrganizationUpdate::Enable] {
            update_organization(&store, &acme, update).await;
            assert!(has_waited(&store).await, "an organization's status");
        }
        let update = ApiKeyUpdate {
            scopes: None,
            expires_at: Some(Timestamp::from_seconds(NOW.seconds() + 9)),
        };
        let updated =
            store
                .api_keys
                .update_in_project(&acme.id, &project.id, &key.id, update, origin());
        updated.await.unwrap().unwrap();
        assert!(has_waited(&store).await, "an expiry");
        for role in [AccountRole::Owner, AccountRole::None] {
            let update = ServiceAccountUpdate {
                name: None,
                role: Some(role),
            };
            let updated =
                store
                    .service_accounts
                    .update(&acme.id, &project.id, &owner.id, update, origin());
            updated.await.unwrap().unwrap();
            assert!(has_waited(&store).await, "a role");
        }
        let revoked = store.admin_api_keys.revoke(&acme.id, &admin.id, origin());
        revoked.await.unwrap().unwrap();
        assert!(has_waited(&store).await, "an admin key");
        let deleted = store
            .service_accounts
            .delete(&acme.id, &project.id, &owner.id, origin());
        deleted.await.unwrap().unwrap();
        assert!(has_waited(&store).await, "an account with its keys");
        // A second call may repeat the first one, whose response was lost before the wait ended.
        for _ in 0..2 {
            let archive = store.projects.archive(&acme.id, &project.id, origin());
            archive.await.unwrap().unwrap();
            assert!(has_waited(&store).await, "a project's status");
        }
        for _ in 0..2 {
            let deletion = store.organizations.delete(&acme.id, origin());
            deletion.await.unwrap();
            assert!(has_waited(&store).await, "an organization");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_restriction_raises_the_level() {
    for number in 0..6 {
        for (_database, store) in on_both_databases().await {
            let acme = add_organization(&store, "acme").await;
            let project = add_project(&store, &acme, "p").await;
            let owner = add_account(&store, &acme, &project.id, "a").await;
            let (key, _) = add_key_of(&store, &acme, &owner).await;
            add_admin_key(&store, &acme, "admin").await;
            let deny = policy(PolicyMode::DenyList, &["a"]);
            assert_eq!(level(&store).await, Level::FIRST);
            match number {
                0 => {
                    let mut none = account(&acme, &project.id, "none");
                    none.role = AccountRole::None;
                    let inserted = store.service_accounts.insert(none, None, origin());
                    inserted.await.unwrap().unwrap();
                }
                1 => {
                    let update = ApiKeyUpdate {
                        scopes: Some(scopes(&["api.all.read"])),
                        expires_at: None,
                    };
                    let (id, project_id) = (&acme.id, &project.id);
                    let updated =
                        store
                            .api_keys
                            .update_in_project(id, project_id, &key.id, update, origin());
                    updated.await.unwrap().unwrap();
                }
                2 => {
                    let set =
                        store
                            .projects
                            .set_policy(&acme.id, &project.id, Some(deny), origin());
                    set.await.unwrap().unwrap();
                }
                3 => {
                    update_organization(
                        &store,
                        &acme,
                        OrganizationUpdate::PublicModels(Some(deny)),
                    )
                    .await;
                }
                4 => {
                    update_organization(&store, &acme, OrganizationUpdate::NewProjects(Some(deny)))
                        .await;
                    assert_eq!(
                        level(&store).await,
                        Level::FIRST,
                        "it restricts nothing yet"
                    );
                    add_project(&store, &acme, "restricted").await;
                }
                _ => {
                    let archive = store.projects.archive(&acme.id, &project.id, origin());
                    archive.await.unwrap().unwrap();
                }
            }
            assert_eq!(level(&store).await, Level::RESTRICTIONS, "{number}");
        }
    }
}
