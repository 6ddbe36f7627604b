use std::sync::Arc;
use std::time::Duration;

use models_core::{
    AccountRole, Change, DefaultProject, Epoch, Event, Follower, Organization,
    OrganizationContents, OrganizationId, OrganizationState, Project, ProjectId, Secret,
    ServiceAccount, ServiceAccountId, Timestamp,
};
use uuid::Uuid;

use super::{CacheOptions, Memory};
use crate::fake::keys::{Holder, Keys, epoch};
use crate::fake::models::{Models, Shown, audience, event, model};
use crate::lease::clock::ManualClock;
use crate::lease::{HeldLease, Lease};

struct Scene {
    keys: Arc<Keys>,
    lease: Lease,
    memory: Memory<Holder, Shown>,
    secret: Secret,
}

impl Scene {
    /// With a session and a view in memory.
    async fn warm() -> Self {
        let secret = Secret::from_random([7; 32]);
        let keys = Arc::new(Keys::new(&secret));
        let options = || CacheOptions {
            limit: 1 << 20,
            counters: Arc::default(),
        };
        let models = Arc::new(Models::default());
        let memory = Memory::new(keys.clone(), models, [7; 16], options(), options());
        let lease = Lease::new(ManualClock::default().into());
        lease.extend(lease.clock.now() + Duration::from_mins(1));
        memory.begin_epoch(&epoch());
        let scene = Self {
            keys,
            lease,
            memory,
            secret,
        };
        scene.load().await;
        scene
    }

    async fn load(&self) {
        let acquire = || Ok(self.hold());
        let (sessions, catalog) = (&self.memory.sessions, &self.memory.catalog);
        let token = self.secret.expose();
        let found = sessions.authenticate(acquire, token, now).await;
        assert!(found.unwrap().is_ok());
        catalog.view(acquire, &audience(2)).await.unwrap();
        assert_eq!(self.has(), (true, true));
    }

    fn hold(&self) -> HeldLease {
        self.lease.hold_at(self.lease.clock.now()).unwrap()
    }

    /// Whether the session and the view are in memory.
    fn has(&self) -> (bool, bool) {
        let (held, token) = (self.hold(), self.secret.expose().as_bytes());
        let session = self.memory.sessions.get(&held, token, now);
        let view = self.memory.catalog.get(&held, &audience(2));
        (session.is_some(), view.is_some())
    }

    /// Loads the administrator of the admin key.
    async fn has_administrator(&self) -> bool {
        let (sessions, token) = (&self.memory.sessions, self.keys.admin_secret.expose());
        let found = sessions.administrator(|| Ok(self.hold()), token, now).await;
        found.unwrap().is_ok()
    }

    fn is_administrator_in_memory(&self) -> bool {
        let token = self.keys.admin_secret.expose();
        !self.memory.sessions.needs_look_up(&self.hold(), token)
    }

    fn apply(&self, change: Change) -> (bool, bool) {
        let events: [Event; 1] = [event(10, change)];
        self.memory.apply(&events);
        self.has()
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(2)
}

#[tokio::test]
async fn an_event_drops_the_session_or_view_that_it_touches() {
    let scene = Scene::warm().await;
    let key = scene.keys.access.key.clone();
    let mut other = key.clone();
    other.id = models_core::ApiKeyId::from_uuid(Uuid::from_u128(2));
    for change in [
        Change::ApiKeyCreated(other.clone()),
        Change::ApiKeyDeleted(other),
        Change::ModelCreated(model("new", Some(4))),
    ] {
        assert_eq!(scene.apply(change), (true, true));
    }
    let created = Change::ModelCreated(model("new", Some(2)));
    assert_eq!(scene.apply(created), (true, false));
    scene.load().await;
    assert_eq!(scene.apply(Change::ApiKeyDeleted(key)), (false, true));
}

fn policy_of(project: u128) -> Change {
    Change::ModelPermissionsUpdated {
        organization_id: OrganizationId::from_uuid(Uuid::from_u128(1)),
        project_id: ProjectId::from_uuid(Uuid::from_u128(project)),
        before: None,
        after: None,
    }
}

fn archived(project: u128) -> Change {
    Change::ProjectArchived {
        organization_id: OrganizationId::from_uuid(Uuid::from_u128(1)),
        project: Project {
            id: ProjectId::from_uuid(Uuid::from_u128(project)),
            name: "a project".parse().unwrap(),
            is_default: false,
            created_at: now(),
            archived_at: Some(now()),
        },
    }
}

fn organization_updated(organization: u128) -> Change {
    let settings = OrganizationState {
        name: "Acme".parse().unwrap(),
        disabled_at: None,
        public_models: None,
        new_projects: None,
    };
    Change::OrganizationUpdated {
        id: OrganizationId::from_uuid(Uuid::from_u128(organization)),
        before: settings.clone(),
        after: settings,
    }
}

fn organization_deleted(organization: u128) -> Change {
    Change::OrganizationDeleted {
        organization: Organization {
            id: OrganizationId::from_uuid(Uuid::from_u128(organization)),
            slug: "acme".parse().unwrap(),
            name: "Acme".parse().unwrap(),
            default_project: DefaultProject {
                id: ProjectId::from_uuid(Uuid::from_u128(1)),
                name: "Default".parse().unwrap(),
            },
            created_at: now(),
            disabled_at: None,
        },
        removed: OrganizationContents::default(),
    }
}

fn account(number: u128) -> ServiceAccount {
    ServiceAccount {
        id: ServiceAccountId::from_uuid(Uuid::from_u128(number)),
        organization_id: OrganizationId::from_uuid(Uuid::from_u128(1)),
        project_id: ProjectId::from_uuid(Uuid::from_u128(1)),
        name: "an account".parse().unwrap(),
        role: AccountRole::None,
        created_at: now(),
    }
}

fn account_updated(number: u128) -> Change {
    Change::ServiceAccountUpdated {
        before: account(number),
        after: account(number),
    }
}

fn account_deleted(number: u128) -> Change {
    Change::ServiceAccountDeleted(account(number))
}

/// The view in memory is that of another organization than the key's.
#[tokio::test]
async fn the_deletion_of_an_organization_drops_its_sessions_and_its_view() {
    let scene = Scene::warm().await;
    assert!(scene.has_administrator().await);
    assert_eq!(scene.apply(organization_deleted(3)), (true, true));
    assert_eq!(scene.apply(organization_deleted(2)), (true, false));
    assert!(scene.is_administrator_in_memory());
    scene.load().await;
    assert_eq!(scene.apply(organization_deleted(1)), (false, true));
    assert!(!scene.is_administrator_in_memory());
}

/// The database has each of the keys' owners under the number 1.
#[tokio::test]
async fn a_change_of_what_a_key_belongs_to_drops_its_session() {
    type Changed = fn(u128) -> Change;
    let of_project: [Changed; 4] = [policy_of, archived, account_updated, account_deleted];
    let of_organization: [Changed; 1] = [organization_updated];
    for change in of_project.into_iter().chain(of_organization) {
        let is_of_admin_keys_too = change(1).kind() == "organization.updated";
        let scene = Scene::warm().await;
        assert!(scene.has_administrator().await);
        let kind = change(1).kind();
        assert_eq!(scene.apply(change(2)), (true, true), "{kind}");
        assert!(scene.is_administrator_in_memory(), "{kind}");
        assert_eq!(scene.apply(change(1)), (false, true), "{kind}");
        assert_eq!(
            scene.is_administrator_in_memory(),
            !is_of_admin_keys_too,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn an_updated_key_and_a_revoked_admin_key_are_looked_up_again() {
    let scene = Scene::warm().await;
    assert!(scene.has_administrator().await);
    let key = scene.keys.access.key.clone();
    let updated = Change::ApiKeyUpdated {
        before: key.clone(),
        after: key,
    };
    assert_eq!(scene.apply(updated), (false, true));
    assert!(scene.is_administrator_in_memory());
    scene.load().await;
    let mut other = scene.keys.admin.key.clone();
    other.id = "other".parse().unwrap();
    for (key, is_in_memory) in [(other, true), (scene.keys.admin.key.clone(), false)] {
        let created = Change::AdminApiKeyCreated(key.clone());
        assert_eq!(scene.apply(created), (true, true));
        assert!(scene.is_administrator_in_memory());
        let deleted = Change::AdminApiKeyDeleted(key);
        assert_eq!(scene.apply(deleted), (true, true));
        assert_eq!(scene.is_administrator_in_memory(), is_in_memory);
    }
}

#[tokio::test]
async fn the_creation_of_a_key_drops_the_entries_for_missing_keys() {
    let scene = Scene::warm().await;
    let other = Secret::from_random([8; 32]);
    let (sessions, acquire) = (&scene.memory.sessions, || Ok(scene.hold()));
    let found = sessions.authenticate(acquire, other.expose(), now).await;
    assert!(found.unwrap().is_err());
    let needs_look_up = || sessions.needs_look_up(&scene.hold(), other.expose());
    assert!(!needs_look_up());
    scene.apply(Change::ApiKeyCreated(scene.keys.access.key.clone()));
    assert!(needs_look_up());
}

#[tokio::test]
async fn an_invalidation_and_another_epoch_drop_all_sessions_and_views() {
    let scene = Scene::warm().await;
    scene.memory.invalidate();
    assert_eq!(scene.has(), (false, false));
    scene.load().await;
    let (copy, other) = (scene.memory.clone(), Epoch("other".to_owned()));
    let before = copy.tokens.present_token(models_core::Revision(1));
    copy.begin_epoch(&other);
    assert_eq!(scene.has(), (false, false));
    let after = scene.memory.tokens.present_token(models_core::Revision(1));
    assert_ne!(before, after);
    assert_eq!(after, copy.tokens.token(&other, models_core::Revision(1)));
}
