//! A request of an administrator: its ids, its body, and the change that it makes.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use models_core::{
    Actor, Administered, AdministrationRefusal, Administrator, Context, OrganizationId, Origin,
    Outside,
};
use models_node::KeyRefusal;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::query::Query;
use super::repositories::Repositories;
use crate::access::administrator::AuthorizedAdmin;
use crate::access::caller::incorrect_api_key;
use crate::access::credentials::CredentialPlaces;
use crate::access::services::Services;
use crate::clock::now;
use crate::dialects::openai::administration::body::{Body, FromBody};
use crate::dialects::openai::error::ApiError;
use crate::http::incoming::Incoming;
use crate::http::revision::RevisionHeader;
use crate::routes::table::{Resource, Template};
use crate::server::requester::Requester;

/// The longest id in an error, in characters. No valid id is longer.
const LONGEST_ID: usize = 64;

/// A request with a valid admin key. A handler with this argument runs only for administrators.
pub(super) struct AdminRequest {
    authorized: AuthorizedAdmin,
    request: HttpRequest,
    services: Data<Services>,
    repositories: Data<Repositories>,
    resource: Resource,
}

impl FromRequest for AdminRequest {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let authorizing = AuthorizedAdmin::from_request(&request, payload);
        let services = Data::<Services>::extract(&request);
        let repositories = Data::<Repositories>::extract(&request);
        Box::pin(async move {
            let authorized = authorizing.await?;
            let services = services.await;
            let services = services.map_err(|error| ApiError::Fault(error.to_string()))?;
            let repositories = repositories.await;
            let repositories = repositories.map_err(|error| ApiError::Fault(error.to_string()))?;
            let Template::Administration(resource) = Template::of(request.uri().path()) else {
                let reason = "the path of an administrator's request is not in the table";
                return Err(ApiError::Fault(reason.to_owned()));
            };
            Ok(Self {
                authorized,
                request,
                services,
                repositories,
                resource,
            })
        })
    }
}

impl AdminRequest {
    pub(super) fn administrator(&self) -> &Administrator {
        &self.authorized.administrator
    }

    pub(super) fn organization_id(&self) -> &OrganizationId {
        &self.administrator().organization_id
    }

    pub(super) fn repositories(&self) -> &Repositories {
        &self.repositories
    }

    pub(super) fn query(&self) -> Query {
        Query::parse(self.request.uri().query())
    }

    /// The first id of the path: of a project, or of an admin key.
    pub(super) fn first_id<T: TryFrom<String>>(&self) -> Result<T, ApiError> {
        self.id(0)
    }

    /// The second id of the path: of a key or a service account in a project.
    pub(super) fn second_id<T: TryFrom<String>>(&self) -> Result<T, ApiError> {
        self.id(1)
    }

    /// A malformed id is an id that nothing has.
    fn id<T: TryFrom<String>>(&self, place: usize) -> Result<T, ApiError> {
        let mut ids = self.resource.ids(self.request.uri().path());
        let id = ids.nth(place).and_then(decode);
        let id = id.and_then(|id| T::try_from(id).ok());
        id.ok_or_else(|| self.not_found())
    }

    /// The error for a path that identifies nothing in the administrator's organization.
    pub(super) fn not_found(&self) -> ApiError {
        let id = self.resource.ids(self.request.uri().path()).last();
        let id = Outside::new(id.unwrap_or_default()).at_most(LONGEST_ID);
        ApiError::ResourceNotFound {
            noun: self.resource.noun(),
            id: id.to_string(),
        }
    }

    /// Reads the body.
    pub(super) async fn body<T: FromBody>(&self) -> Result<T, ApiError> {
        let incoming = self.request.extensions_mut().remove::<Incoming>();
        let incoming = incoming
            .ok_or_else(|| ApiError::Fault("the table has no body for this route".to_owned()))?;
        Body::read(&incoming.read().await?.bytes)
    }

    /// The origin of a change by this request. Its time is the present one: the body may have taken long, and the change
    /// checks whether the key is valid at this time.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::AdminApiKey(self.administrator().key_id.clone()),
            at: now(),
            context: self.context(),
        }
    }

    fn context(&self) -> Context {
        Requester::of(&self.request).context(self.services.record_client_addresses)
    }

    /// Makes a change in a separate task. If the client disconnects, the change continues and is logged: as this kind,
    /// with the id of the changed object. The response gets the token of a revision that includes the change.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        kind: &'static str,
        id: impl FnOnce(&T) -> String + Send + 'static,
        change: impl Future<Output = Administered<T>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let administrator = self.authorized.administrator.clone();
        let requester = Requester::of(&self.request);
        let changing = tokio::spawn(async move {
            let changed = change.await;
            if let Ok(Ok(changed)) = &changed {
                requester.administered(kind, &administrator, &id(changed));
            }
            changed
        });
        let changed = changing.await;
        let changed = changed.map_err(|error| ApiError::Fault(error.to_string()))??;
        let changed = changed.map_err(|refusal| self.refused(refusal))?;
        self.send_revision().await;
        Ok(changed)
    }

    /// Adds the token of the organization's newest change to the response. The token depends on no other organization, so it
    /// does not show what others change. If the log cannot be read now, the response has no token: the change is made.
    pub(super) async fn send_revision(&self) {
        let events = &self.repositories.events;
        let newest = events
            .revision_of_organization(self.organization_id())
            .await;
        if let Ok(revision) = newest {
            let token = self.services.node.token(revision);
            let mut extensions = self.request.extensions_mut();
            extensions.insert(RevisionHeader::from(token));
        }
    }

    fn refused(&self, refusal: AdministrationRefusal) -> ApiError {
        match refusal {
            AdministrationRefusal::Key(rejection) => {
                let administrator = self.administrator();
                let rejected = KeyRefusal::Bad(
                    rejection,
                    administrator.key_id.to_string(),
                    administrator.organization_slug.clone(),
                );
                incorrect_api_key(&self.request, CredentialPlaces::AUTHORIZATION, rejected)
            }
            AdministrationRefusal::NotFound => self.not_found(),
            AdministrationRefusal::Archived => ApiError::ArchivedProject,
            AdministrationRefusal::DefaultProject => ApiError::DefaultProject,
            AdministrationRefusal::InvalidKey => ApiError::ExpiredKey,
        }
    }

    /// Responds with an object that was read under the lease of this request, so that a node that was cut off shows
    /// nothing to a key that is revoked meanwhile.
    pub(super) fn respond(self, object: &impl Serialize) -> Result<HttpResponse, ApiError> {
        let response = respond(object)?;
        let released = self.services.node.release(self.authorized.held, response)?;
        Ok(released.into_inner())
    }
}

/// Responds with the result of a change.
pub(super) fn respond(object: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_vec(object).map_err(|error| ApiError::Fault(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    Ok(response
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(body))
}

fn decode(sent: &str) -> Option<String> {
    let decoded = percent_decode_str(sent).decode_utf8();
    Some(decoded.ok()?.into_owned())
}
