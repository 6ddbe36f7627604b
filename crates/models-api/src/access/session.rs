//! The session of an authenticated key in memory.

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::{Audience, KeyAccess, Principal, RepositoryError};

/// The session of a key: its principal, and the headers of each response to it.
pub struct Session {
    /// The identity of the key.
    pub principal: Principal,
    /// The cache key of the view.
    pub(crate) audience: Audience,
    /// The value of `openai-organization`: the organization's slug.
    pub(crate) organization: HeaderValue,
    /// The value of `openai-project`: the project's id.
    pub(crate) project: HeaderValue,
}

impl models_node::Session for Session {
    fn new(key: &KeyAccess) -> Result<Self, RepositoryError> {
        let principal = key.holder();
        let (slug, project) = (
            principal.organization_slug.as_str(),
            principal.project_id.as_str(),
        );
        // Adjacent in memory, because every response reads both.
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
