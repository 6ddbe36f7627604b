//! What the service keeps for a good key.

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::{ApiKey, Audience, Principal, RepositoryError};

/// The holder of a key: who it is, and what every answer to it says of that.
pub struct Session {
    /// Whom the key stands for.
    pub principal: Principal,
    /// What its view is cached under.
    pub(crate) audience: Audience,
    /// The organization's slug.
    pub(crate) organization: HeaderValue,
    /// The project's id.
    pub(crate) project: HeaderValue,
}

impl models_node::Session for Session {
    fn new(key: &ApiKey) -> Result<Self, RepositoryError> {
        let principal = key.holder();
        let (slug, project) = (
            principal.organization_slug.as_str(),
            principal.project_id.as_str(),
        );
        // Beside each other in memory, where they are read together.
        let mut values = Bytes::from([slug, project].concat());
        let value = |text: Bytes| {
            HeaderValue::from_maybe_shared(text)
                .map_err(|error| RepositoryError::Failed(error.into()))
        };
        Ok(Self {
            organization: value(values.split_to(slug.len()))?,
            project: value(values)?,
            audience: Audience::from(&principal),
            principal,
        })
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }
}
