//! What a caller is shown of the catalog, as the bytes of the wire.

use std::sync::Arc;

use models_core::{
    Attempt, Deletion, Model, ModelId, ModelRepository, Principal, RepositoryError, Timestamp,
    visibility,
};

use crate::objects::{ListObject, ModelObject};
use crate::representation::Representation;

/// The models, as each principal may see them.
pub struct Catalog {
    models: Arc<dyn ModelRepository>,
}

impl Catalog {
    /// Shows these models.
    #[must_use]
    pub fn new(models: Arc<dyn ModelRepository>) -> Self {
        Self { models }
    }

    /// The list object with everything that the principal may see.
    pub async fn list(&self, principal: &Principal) -> Result<Representation, RepositoryError> {
        let candidates = self
            .models
            .list_candidates(&principal.organization_id)
            .await?;
        let models = visibility::list(principal, candidates);
        Representation::of(&ListObject::from(&models[..]))
    }

    /// The model object, if the principal may see it.
    pub async fn retrieve(
        &self,
        principal: &Principal,
        id: &ModelId,
    ) -> Result<Option<Representation>, RepositoryError> {
        let candidates = self
            .models
            .find_candidates(&principal.organization_id, id)
            .await?;
        let model: Option<Model> = visibility::find(principal, id, candidates);
        model
            .map(|model| Representation::of(&ModelObject::from(&model)))
            .transpose()
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
}
