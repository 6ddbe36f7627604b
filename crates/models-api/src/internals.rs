//! Entry points for the micro-benchmarks.

use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::header::HeaderValue;
use actix_http::{Method, Request, Response, StatusCode};
use models_core::{Model, RepositoryError, Revision};
use models_node::{Newest, RevisionTokens, View as _};

use crate::access::services::Services;
use crate::clock::now_roughly;
use crate::dialects::openai::view::View;
use crate::http::coding::Accepted;
use crate::http::fields::Fields;
use crate::routes::table::Template;
use crate::server::measured_node::MeasuredNode;
use crate::server::respond::Reception;
use crate::settings::Settings;

/// Renders the view of these public models and returns the length of its list in bytes.
pub fn render(models: &[Model]) -> Result<usize, RepositoryError> {
    let newest = Newest {
        revision: Revision(1),
        token: RevisionTokens::new([7; 16]).present_token(Revision(1)),
    };
    let view = View::of_public(models.iter(), &newest)?;
    let (list, _) = view.list().choose(Accepted::default());
    Ok(list.content.len())
}

/// Whether an `If-None-Match` condition names a validator.
#[must_use]
pub fn matches(condition: &HeaderValue, etag: &HeaderValue) -> bool {
    crate::http::conditional::matches(condition, etag)
}

/// Returns the length of the model id in a path.
#[must_use]
pub fn decode(path: &str) -> Option<usize> {
    crate::routes::path::model_id(path)
        .ok()
        .map(|id| id.as_str().len())
}

/// The path of a read from the parsed request to the response, without the socket.
pub struct Reads {
    services: Services,
    reception: Reception,
}

impl Reads {
    /// Loads the key and its view into memory.
    pub async fn of(
        settings: &Settings,
        measured: MeasuredNode,
        token: &str,
    ) -> Result<Self, RepositoryError> {
        let node = &measured.node;
        let hold = || node.hold();
        if let Ok((_, session)) = node.sessions.authenticate(hold, token, now_roughly).await? {
            let (_, view) = node.catalog.view(hold, &session.audience).await?;
            view.render_list().await?;
        }
        Ok(Self {
            reception: Reception::new(settings, &measured.node, measured.metrics.clone()),
            services: Services::new(settings, measured.node, measured.metrics),
        })
    }

    /// Whether memory has a session for this token.
    #[must_use]
    pub fn knows(&self, token: &str) -> bool {
        let node = &self.services.node;
        let held = node.hold();
        held.is_ok_and(|held| {
            let session = node.sessions.get(&held, token.as_bytes(), now_roughly);
            session.is_some()
        })
    }

    /// Counts a retrieval with this duration.
    pub fn count_request(&self, took: Duration) {
        let metrics = &self.services.metrics;
        metrics.count_response(&Method::GET, Template::Model, StatusCode::OK, took);
    }

    /// Counts a cache hit of a key.
    pub fn count_hit(&self) {
        self.services.metrics.keys.count_hit();
    }

    /// Returns the response from memory, or `None` if memory cannot serve the request.
    #[must_use]
    pub fn respond(&self, request: &Request) -> Option<Response<BoxBody>> {
        let began = self.services.node.clock().now();
        let fields = Fields::of(request.head());
        let read = crate::routes::read::read_from_memory(&self.services, began, &fields, request)?;
        Some(self.reception.finish_read(began, request, read))
    }
}
