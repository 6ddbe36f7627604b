//! A fake database with few models, and a view of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use models_core::{
    Actor, ApiKeyId, Attempt, Audience, Candidates, Change, Context, Deletion, Event, Import,
    ImportReport, Model, ModelId, ModelRepository, OrganizationId, Origin, Permissions, Policies,
    Policy, PolicyMode, Position, Principal, Progress, ProjectId, RepositoryError, Revision, Role,
    Scope, Snapshot, Timestamp,
};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::fake::keys::epoch;
use crate::views::{Newest, View};

/// A view that holds ids and its newest revision.
pub(crate) struct Shown {
    pub(crate) ids: Vec<String>,
    pub(crate) newest: Newest,
    pub(crate) public: Option<Arc<Self>>,
    pub(crate) size: AtomicUsize,
}

/// The renderings of views of the public models, by all tests.
static PUBLIC_RENDERINGS: Mutex<Vec<Newest>> = Mutex::new(vec![]);

/// The number of renderings of the public models with this token.
pub(crate) fn public_renderings(newest: &Newest) -> usize {
    let all = PUBLIC_RENDERINGS.lock().unwrap();
    let is_same = |other: &&Newest| other.token == newest.token;
    all.iter().filter(is_same).count()
}

fn ids<'a>(models: impl Iterator<Item = &'a Model>) -> Vec<String> {
    models.map(|model| model.id.to_string()).collect()
}

impl Shown {
    fn of(ids: Vec<String>, newest: &Newest, public: Option<Arc<Self>>) -> Self {
        Self {
            ids,
            newest: *newest,
            public,
            size: AtomicUsize::new(1_000),
        }
    }
}

impl View for Shown {
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Arc<Self>,
    ) -> Result<Self, RepositoryError> {
        Ok(Self::of(ids(models), newest, Some(public)))
    }

    fn of_public<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError> {
        PUBLIC_RENDERINGS.lock().unwrap().push(*newest);
        Ok(Self::of(ids(models), newest, None))
    }

    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self> {
        let public = self.public.clone()?;
        let mut left = self.ids.clone();
        left.retain(|id| !ids.contains(&id.as_str()));
        Some(Self::of(left, newest, Some(public)))
    }

    fn newest(&self) -> Revision {
        self.newest.revision
    }

    fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    fn spare(&self) -> usize {
        self.size().saturating_sub(1_000)
    }

    fn shed(&self) {
        self.size.fetch_min(1_000, Ordering::Relaxed);
    }
}

pub(crate) fn organization(number: u128) -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn audience(number: u128) -> Audience {
    Audience::from(&principal(number))
}

pub(crate) fn principal(number: u128) -> Principal {
    Principal {
        key_id: ApiKeyId::from_uuid(Uuid::from_u128(1)),
        organization_id: organization(number),
        organization_slug: "acme".parse().unwrap(),
        project_id: ProjectId::from_uuid(Uuid::from_u128(1)),
        service_account_id: None,
        role: Role::Reader,
        permissions: Permissions::of(Role::Reader, None, None),
        policies: Policies::default(),
    }
}

/// The audience of a project with this allow list, in the organization with this number.
pub(crate) fn restricted(number: u128, allowed: &[&str]) -> Audience {
    let entries = allowed.iter().map(|entry| entry.parse().unwrap());
    let policy = Policy::new(PolicyMode::AllowList, entries.collect()).unwrap();
    let policies = Policies {
        organization: None,
        project: Some(policy.into()),
    };
    Audience::from(&Principal {
        policies,
        ..principal(number)
    })
}

pub(crate) fn model(id: &str, owner: Option<u128>) -> Model {
    Model {
        id: id.parse().unwrap(),
        scope: owner.map(organization).into(),
        created: Timestamp::from_seconds(1),
        owned_by: "someone".parse().unwrap(),
        shutdown_date: None,
    }
}

pub(crate) fn event(revision: i64, change: Change) -> Event {
    Event {
        revision: Revision(revision),
        origin: Origin {
            actor: Actor::CommandLine,
            at: Timestamp::from_seconds(1),
            context: Context::default(),
        },
        change,
    }
}

/// A fake database with the public model `public`, and models `own-1` and `own-2` of each of the organizations 2 and 4.
/// Organization 6 has deleted its models, and organization 8 has its own model `public`.
#[derive(Default)]
pub(crate) struct Models {
    pub(crate) reads: AtomicUsize,
    /// The number of further public models.
    pub(crate) more: usize,
    pub(crate) imported: Mutex<Option<Import>>,
    /// A read returns what it has found only while a test does not lock this for writing.
    pub(crate) gate: RwLock<()>,
}

#[async_trait]
impl ModelRepository for Models {
    async fn list(&self, _: &Scope) -> Result<Vec<Model>, RepositoryError> {
        unreachable!()
    }

    async fn find(&self, _: &Scope, _: &ModelId) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }

    async fn list_candidates(
        &self,
        id: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let owner = (1..9).find(|number| organization(*number) == *id);
        let (own_revision, own): (_, &[&str]) = match owner {
            Some(2 | 4) => (7, &["own-1", "own-2"]),
            Some(6) => (7, &[]),
            Some(8) => (7, &["public"]),
            Some(_) | None => (0, &[]),
        };
        let mut models = vec![model("public", None)];
        models.extend((0..self.more).map(|number| model(&format!("public-{number:04}"), None)));
        models.extend(own.iter().map(|id| model(id, owner)));
        let _open = self.gate.read().await;
        Ok(Snapshot {
            position: Position {
                epoch: epoch(),
                revision: Revision(9),
            },
            value: Candidates {
                models,
                public_revision: Revision(3),
                own_revision: Revision(own_revision),
            },
        })
    }

    async fn import(
        &self,
        import: Import,
        _: Origin,
        _: Progress,
    ) -> Result<ImportReport, RepositoryError> {
        *self.imported.lock().unwrap() = Some(import);
        Ok(ImportReport {
            unchanged: 7,
            ..ImportReport::default()
        })
    }

    async fn delete_as(
        &self,
        key_id: &ApiKeyId,
        id: &ModelId,
        at: Timestamp,
        _: Attempt,
        _: Context,
    ) -> Result<Deletion, RepositoryError> {
        assert_eq!(*key_id, ApiKeyId::from_uuid(Uuid::from_u128(1)));
        Ok(Deletion::Deleted {
            model: model(id.as_str(), Some(2)),
            revision: Revision(at.seconds().into()),
        })
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: &ModelId,
        _: Origin,
    ) -> Result<Option<Model>, RepositoryError> {
        let public = model("public", None);
        Ok((*scope == public.scope && *id == public.id).then_some(public))
    }
}
