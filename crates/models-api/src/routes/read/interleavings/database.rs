//! A database with one key and one model. The test deletes the model or revokes the key.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use models_core::{
    Actor, ApiKey, ApiKeyId, Attempt, Candidates, Change, Context, Credential,
    CredentialRepository, Deletion, Epoch, Event, Import, ImportReport, KeyAccess, KeyDigest,
    KeyUses, Model, ModelId, ModelRepository, OrganizationId, Origin, Position, Progress,
    RepositoryError, Revision, Scope, Snapshot, Timestamp,
};
use models_node::pause::{Point, pause};

/// The row that the test takes away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::routes::read) enum Subject {
    Model,
    Key,
}

/// A database with one key and one model.
pub(super) struct Database {
    pub(super) subject: Subject,
    pub(super) is_committed: AtomicBool,
    pub(super) key: ApiKey,
    pub(super) model: Model,
    /// The number of further models.
    pub(super) more: usize,
}

impl Database {
    fn snapshot<T>(&self, value: T) -> Snapshot<T> {
        let revision = Revision(1 + i64::from(self.is_committed.load(Ordering::Relaxed)));
        let epoch = epoch();
        let position = Position { epoch, revision };
        Snapshot { position, value }
    }

    fn lacks(&self, subject: Subject) -> bool {
        self.subject == subject && self.is_committed.load(Ordering::Relaxed)
    }

    pub(super) fn event(&self) -> Event {
        Event {
            revision: Revision(2),
            origin: Origin {
                actor: Actor::CommandLine,
                at: Timestamp::from_seconds(1),
                context: Context::default(),
            },
            change: match self.subject {
                Subject::Model => Change::ModelDeleted(self.model.clone()),
                Subject::Key => Change::ApiKeyDeleted(self.key.clone()),
            },
        }
    }
}

pub(super) fn epoch() -> Epoch {
    Epoch("one".to_owned())
}

#[async_trait]
impl CredentialRepository for Database {
    async fn find_by_digest(
        &self,
        _: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError> {
        pause(Point::Load);
        let mut key = self.key.clone();
        key.revoked_at = self
            .lacks(Subject::Key)
            .then_some(Timestamp::from_seconds(1));
        let access = KeyAccess::unrestricted(key);
        Ok(self.snapshot(Some(Credential::ApiKey(access))))
    }

    async fn record_uses(&self, _: KeyUses) -> Result<(), RepositoryError> {
        unreachable!()
    }
}

#[async_trait]
impl ModelRepository for Database {
    async fn list(&self, _: &Scope) -> Result<Vec<Model>, RepositoryError> {
        unreachable!()
    }

    async fn find(&self, _: &Scope, _: &ModelId) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }

    async fn list_candidates(
        &self,
        _: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError> {
        pause(Point::Load);
        let is_there = !self.lacks(Subject::Model);
        let more = (0..self.more).map(|number| Model {
            id: format!("more-{number}").parse().unwrap(),
            ..self.model.clone()
        });
        let model = is_there.then(|| self.model.clone());
        let models = model.into_iter().chain(more).collect();
        Ok(self.snapshot(Candidates {
            models,
            public_revision: Revision(0),
            own_revision: Revision(if is_there { 1 } else { 2 }),
        }))
    }

    async fn import(
        &self,
        _: Import,
        _: Origin,
        _: Progress,
    ) -> Result<ImportReport, RepositoryError> {
        unreachable!()
    }

    async fn delete_as(
        &self,
        _: &ApiKeyId,
        _: &ModelId,
        _: Timestamp,
        _: Attempt,
        _: Context,
    ) -> Result<Deletion, RepositoryError> {
        unreachable!()
    }

    async fn delete(
        &self,
        _: &Scope,
        _: &ModelId,
        _: Origin,
    ) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }
}
