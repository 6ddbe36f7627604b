//! `/v1/organization/projects/{project_id}/service_accounts`.

use actix_web::HttpResponse;
use models_core::{AccountRole, Secret, ServiceAccount, Timestamp};
use models_node::use_cases::service_accounts::{
    self, KeyOwner, NewKey, NewServiceAccount, role_of_keys,
};

use super::projects;
use super::request::{AdminRequest, respond};
use crate::dialects::openai::administration::api_keys::{CreatedApiKeyObject, NewApiKeyObject};
use crate::dialects::openai::administration::deleted::DeletedObject;
use crate::dialects::openai::administration::list::ListObject;
use crate::dialects::openai::administration::service_accounts::{
    CreatedServiceAccountObject, NewServiceAccountObject, ServiceAccountObject,
    ServiceAccountUpdateObject,
};
use crate::dialects::openai::error::ApiError;
use crate::random::new_secret;

pub(super) async fn list(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let page = request.query().page()?;
    let project = projects::find(&request).await?;
    projects::refuse_archived(&project)?;
    let accounts = &request.repositories().service_accounts;
    let page = accounts
        .list(request.organization_id(), &project.id, page)
        .await?;
    let page = page.ok_or_else(|| request.not_found())?;
    request.respond(&ListObject::of(page, |account| {
        ServiceAccountObject::from(&account)
    }))
}

pub(super) async fn create(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let owner = owner(&request)?;
    let new: NewServiceAccountObject = request.body().await?;
    let role = new.role();
    let origin = request.origin();
    let key = new.key().map(|key| new_key(&key, role, origin.at));
    let key = key.transpose()?;
    let new = NewServiceAccount {
        id: None,
        name: new.name()?,
        role,
    };
    let secret = minted()?;
    let accounts = request.repositories().service_accounts.clone();
    let own = secret.clone();
    let creating = async move {
        let key = key.map(|key| (key, &own));
        service_accounts::create(&*accounts, &owner, new, key, origin).await
    };
    let (account, key) = request
        .change(
            "service_account.created",
            |(account, _)| id(account),
            creating,
        )
        .await?;
    respond(&CreatedServiceAccountObject::new(
        &account,
        key.as_ref(),
        &secret,
    ))
}

pub(super) async fn retrieve(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let account = find(&request).await?;
    request.respond(&ServiceAccountObject::from(&account))
}

pub(super) async fn update(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let (owner, account_id) = (owner(&request)?, request.second_id()?);
    let update: ServiceAccountUpdateObject = request.body().await?;
    let update = update.update()?;
    let (accounts, origin) = (
        request.repositories().service_accounts.clone(),
        request.origin(),
    );
    let updating = async move {
        let (organization_id, project_id) = (&owner.organization_id, &owner.project_id);
        accounts
            .update(organization_id, project_id, &account_id, update, origin)
            .await
    };
    let account = request
        .change("service_account.updated", id, updating)
        .await?;
    respond(&ServiceAccountObject::from(&account))
}

pub(super) async fn delete(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let (owner, account_id) = (owner(&request)?, request.second_id()?);
    let (accounts, origin) = (
        request.repositories().service_accounts.clone(),
        request.origin(),
    );
    let deleting = async move {
        let (organization_id, project_id) = (&owner.organization_id, &owner.project_id);
        accounts
            .delete(organization_id, project_id, &account_id, origin)
            .await
    };
    let account = request
        .change("service_account.deleted", id, deleting)
        .await?;
    respond(&DeletedObject::service_account(account.id.as_str()))
}

pub(super) async fn create_key(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let owner = owner(&request)?;
    let new: NewApiKeyObject = request.body().await?;
    let account = find(&request).await?;
    let origin = request.origin();
    let new = new_key(&new, account.role, origin.at)?;
    let secret = minted()?;
    let keys = request.repositories().api_keys.clone();
    let own = secret.clone();
    let creating = async move {
        service_accounts::create_key(&*keys, &owner, &account, (new, &own), origin).await
    };
    let key = request
        .change("api_key.created", |key| key.id.to_string(), creating)
        .await?;
    respond(&CreatedApiKeyObject::new(&key, secret.expose()))
}

/// Finds the account of the path.
async fn find(request: &AdminRequest) -> Result<ServiceAccount, ApiError> {
    let (project_id, id) = (request.first_id()?, request.second_id()?);
    let accounts = &request.repositories().service_accounts;
    let account = accounts
        .find(request.organization_id(), &project_id, &id)
        .await?;
    account.ok_or_else(|| request.not_found())
}

/// The project of the path, which need not exist.
fn owner(request: &AdminRequest) -> Result<KeyOwner, ApiError> {
    let administrator = request.administrator();
    Ok(KeyOwner {
        organization_id: administrator.organization_id.clone(),
        organization_slug: administrator.organization_slug.clone(),
        project_id: request.first_id()?,
    })
}

fn new_key(
    new: &NewApiKeyObject,
    account: AccountRole,
    now: Timestamp,
) -> Result<NewKey, ApiError> {
    Ok(NewKey {
        id: None,
        name: new.name()?,
        role: role_of_keys(account),
        scopes: new.scopes()?,
        expires_at: new.expires_at(now)?,
    })
}

fn minted() -> Result<Secret, ApiError> {
    new_secret().map_err(|error| ApiError::Fault(error.to_string()))
}

fn id(account: &ServiceAccount) -> String {
    account.id.to_string()
}
