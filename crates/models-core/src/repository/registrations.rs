//! The repository that registers single models.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::models::Attempt;
use crate::event::{Origin, Revision};
use crate::model::{Model, ModelId, Scope};
use crate::registration::{NamedFields, Registration};
use crate::text::Name;
use crate::visibility::RegistrationRefusal;

/// The registrant of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registrant {
    /// The API key that is the actor of the change. Its transaction reads the key.
    Key,
    /// An operator. No policy restricts it.
    Operator {
        /// The scope of the model.
        scope: Scope,
        /// The owner of a new model whose registration names none.
        default_owner: Name,
    },
}

/// A condition on the model before an update.
pub type Condition = Arc<dyn Fn(&Model) -> bool + Send + Sync>;

/// The outcome of a registration or an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// The model is new.
    Created {
        /// The model.
        model: Model,
        /// The revision of its registration.
        revision: Revision,
    },
    /// The model has changed.
    Updated {
        /// The model after the change.
        model: Model,
        /// The revision of the change.
        revision: Revision,
    },
    /// The model is already as requested. Nothing changed.
    Unchanged {
        /// The model.
        model: Model,
        /// The newest revision of the catalog.
        revision: Revision,
    },
}

/// The repository that registers single models. A refused change changes nothing.
#[async_trait]
pub trait RegistrationRepository: Send + Sync {
    /// Registers a model in the scope of the registrant's organization, or as an operator in any
    /// scope. A model that already has the named fields stays as it is. A repeated attempt to mint
    /// an id returns the model that the same key registered so in the last 60 s.
    async fn register(
        &self,
        registrant: Registrant,
        registration: Registration,
        attempt: Attempt,
        origin: Origin,
    ) -> Result<Result<Registered, RegistrationRefusal>, RepositoryError>;

    /// Updates the named fields of a model.
    async fn update(
        &self,
        registrant: Registrant,
        id: ModelId,
        fields: NamedFields,
        condition: Option<Condition>,
        origin: Origin,
    ) -> Result<Result<Registered, RegistrationRefusal>, RepositoryError>;
}
