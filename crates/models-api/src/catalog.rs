//! What a caller is shown of the catalog, as the bytes of the wire.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use models_core::{
    Attempt, Deletion, Epoch, ModelId, ModelRepository, OrganizationId, Principal, RepositoryError,
    Scope, Snapshot, Timestamp, visibility,
};

use crate::cache::Cache;
use crate::representation::Representation;
use crate::view::View;

/// The models, as each principal may see them. Today all keys of an organization see the same.
pub struct Catalog {
    models: Arc<dyn ModelRepository>,
    views: Cache<OrganizationId, View>,
    /// The view of those who see nothing but public models, as long as somebody has it.
    public: Mutex<Weak<View>>,
}

impl Catalog {
    /// Shows these models, and keeps up to so many bytes in memory.
    #[must_use]
    pub fn new(models: Arc<dyn ModelRepository>, limit: usize) -> Self {
        Self {
            models,
            views: Cache::new(limit),
            public: Mutex::default(),
        }
    }

    /// The list object with everything that the principal may see.
    pub async fn list(&self, principal: &Principal) -> Result<Representation, RepositoryError> {
        self.view(principal).await.map(|view| view.list())
    }

    /// The model object, if the principal may see it.
    pub async fn retrieve(
        &self,
        principal: &Principal,
        id: &ModelId,
    ) -> Result<Option<Representation>, RepositoryError> {
        self.view(principal).await.map(|view| view.model(id))
    }

    /// Deletes the model, if the principal may.
    pub async fn delete(
        &self,
        principal: &Principal,
        id: &ModelId,
        at: Timestamp,
        attempt: Attempt,
    ) -> Result<Deletion, RepositoryError> {
        self.models
            .delete_as(&principal.key_id, id, at, attempt)
            .await
    }

    async fn view(&self, principal: &Principal) -> Result<Arc<View>, RepositoryError> {
        let id = &principal.organization_id;
        match self.views.get(id) {
            Some(view) => Ok(view),
            None => self.views.get_or_read(id, || self.read(principal)).await,
        }
    }

    async fn read(&self, principal: &Principal) -> Result<Snapshot<Arc<View>>, RepositoryError> {
        let id = &principal.organization_id;
        let Snapshot { position, value } = self.models.list_candidates(id).await?;
        let models = visibility::list(principal, value);
        let is_public = models.iter().all(|model| model.scope == Scope::Public);
        let view = Arc::new(View::new(&models, is_public)?);
        let value = if is_public { self.share(view) } else { view };
        Ok(Snapshot { position, value })
    }

    /// The view that others who see the same have already.
    fn share(&self, view: Arc<View>) -> Arc<View> {
        let mut public = self.public.lock().unwrap_or_else(PoisonError::into_inner);
        match public.upgrade() {
            Some(shared) if shared.list().etag == view.list().etag => shared,
            Some(_) | None => {
                *public = Arc::downgrade(&view);
                view
            }
        }
    }

    /// Drops what shows models of these scopes.
    pub(crate) fn drop_views(&self, scopes: &HashSet<Scope>) {
        if scopes.contains(&Scope::Public) {
            self.views.remove_where(|_, _| true);
            return;
        }
        for id in scopes.iter().filter_map(Scope::organization_id) {
            self.views.remove(id);
        }
    }

    pub(crate) fn forget(&self, epoch: &Epoch) {
        self.views.forget(epoch);
    }
}
