//! Every route × every kind of caller × every kind of model.

use models_api::{Access, Operation, ROUTES, Resource, Route, Template};
use std::sync::Arc;

use models_core::{Organization, OrganizationUpdate, Permission, Policy, PolicyMode, Role, Scope};
use serde_json::json;

use crate::administration::{account, project};

use crate::service::{TestCaller, TestService, now, origin};

#[derive(Debug, Clone, Copy, PartialEq)]
enum CallerKind {
    NoKey,
    Malformed,
    Unknown,
    Expired,
    Revoked,
    Reader,
    Writer,
    Owner,
    OwnerElsewhere,
    /// An owner with the scope `api.all.read`.
    ReadOnly,
    /// An owner with a scope that grants nothing.
    Scopeless,
    /// A key of an account with the role `none`.
    NoRole,
    /// An owner of an archived project.
    Archived,
    /// An owner of an archived project of another organization.
    ArchivedElsewhere,
    /// An owner of a disabled organization.
    Disabled,
    RevokedElsewhere,
    ExpiredElsewhere,
    Admin,
    AdminElsewhere,
    RevokedAdmin,
    RevokedAdminElsewhere,
    ExpiredAdmin,
    DisabledAdmin,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ModelKind {
    Own,
    Foreign,
    Missing,
    Public,
    /// An own model that the policy of the project denies.
    Denied,
}

const CALLERS: [CallerKind; 23] = [
    CallerKind::NoKey,
    CallerKind::Malformed,
    CallerKind::Unknown,
    CallerKind::Expired,
    CallerKind::Revoked,
    CallerKind::Reader,
    CallerKind::Writer,
    CallerKind::Owner,
    CallerKind::OwnerElsewhere,
    CallerKind::ReadOnly,
    CallerKind::Scopeless,
    CallerKind::NoRole,
    CallerKind::Archived,
    CallerKind::ArchivedElsewhere,
    CallerKind::Disabled,
    CallerKind::RevokedElsewhere,
    CallerKind::ExpiredElsewhere,
    CallerKind::Admin,
    CallerKind::AdminElsewhere,
    CallerKind::RevokedAdmin,
    CallerKind::RevokedAdminElsewhere,
    CallerKind::ExpiredAdmin,
    CallerKind::DisabledAdmin,
];
const MODELS: [ModelKind; 5] = [
    ModelKind::Own,
    ModelKind::Foreign,
    ModelKind::Missing,
    ModelKind::Public,
    ModelKind::Denied,
];

/// Returns the status that the contract demands of a route with this access. An unknown permission fails the test.
fn expected(route: &Route, caller_kind: CallerKind, model_kind: ModelKind) -> u16 {
    use {CallerKind::*, ModelKind::*};
    let permission = match route.access {
        Access::Public => return 200,
        Access::Key(permission) => permission,
        Access::Admin => return expected_of_administration(route, caller_kind),
    };
    let (writes, deletes) = match permission {
        Permission::ReadModels => (false, false),
        Permission::WriteModels => (true, false),
        Permission::Delete => (false, true),
        Permission::RequestModels => panic!("the matrix does not know {}", permission.scope()),
    };
    let registers = route.operation == Operation::Register;
    let is_list = route.template == Template::List;
    match (caller_kind, model_kind) {
        (
            NoKey
            | Malformed
            | Unknown
            | Expired
            | Revoked
            | Archived
            | Disabled
            | RevokedAdmin
            | ExpiredAdmin
            | DisabledAdmin
            | ArchivedElsewhere
            | RevokedElsewhere
            | ExpiredElsewhere
            | RevokedAdminElsewhere,
            _,
        ) => 401,
        (Scopeless | NoRole | Admin | AdminElsewhere, _) => 403,
        (Reader | Writer | ReadOnly, _) if deletes => 403,
        (Reader | ReadOnly, _) if writes => 403,
        (_, Public) if registers => 409,
        (_, Denied) if registers => 403,
        (_, Own | Foreign | Missing) if registers => 200,
        (Reader | Writer | Owner | OwnerElsewhere | ReadOnly, _) if is_list => 200,
        (_, Public) if deletes || writes => 403,
        (_, Public) | (Reader | Writer | Owner | ReadOnly, Own) | (OwnerElsewhere, Foreign) => 200,
        (_, Missing | Denied)
        | (Reader | Writer | Owner | ReadOnly, Foreign)
        | (OwnerElsewhere, Own) => 404,
    }
}

/// The path of a route for administration has ids that nothing has, and its requests have no body.
fn expected_of_administration(route: &Route, caller_kind: CallerKind) -> u16 {
    use CallerKind::*;
    let lacks_fields = route.method == "POST"
        && matches!(
            route.template,
            Template::Administration(
                Resource::AdminApiKeys
                    | Resource::Projects
                    | Resource::ProjectApiKey
                    | Resource::ServiceAccounts
                    | Resource::ModelPermissions
            )
        );
    match caller_kind {
        NoKey
        | Malformed
        | Unknown
        | Expired
        | Revoked
        | Archived
        | Disabled
        | RevokedAdmin
        | ExpiredAdmin
        | DisabledAdmin
        | ArchivedElsewhere
        | RevokedElsewhere
        | ExpiredElsewhere
        | RevokedAdminElsewhere => 401,
        Reader | Writer | Owner | OwnerElsewhere | ReadOnly | Scopeless | NoRole => 403,
        Admin | AdminElsewhere if lacks_fields => 400,
        Admin | AdminElsewhere if route.template.path().contains('{') => 404,
        Admin | AdminElsewhere => 200,
    }
}

async fn caller(
    service: &TestService,
    acme: &Organization,
    other: &Organization,
    caller_kind: CallerKind,
) -> TestCaller {
    let is_elsewhere = format!("{caller_kind:?}").ends_with("Elsewhere");
    let organization = if is_elsewhere { other } else { acme };
    match caller_kind {
        CallerKind::NoKey => service.anonymous(),
        CallerKind::Malformed => service.bearer("sk-mdl-of-our-form-but-with-no-checksum"),
        CallerKind::Unknown => service.bearer("sk-unknown-0123456789abcdef"),
        CallerKind::Expired | CallerKind::ExpiredElsewhere => {
            let expiry = Some(now());
            service
                .caller_until(organization, Role::Owner, expiry)
                .await
        }
        CallerKind::Revoked | CallerKind::RevokedElsewhere => {
            let caller = service.caller(organization, Role::Owner).await;
            service
                .store
                .api_keys
                .revoke(&caller.key.as_ref().unwrap().id, origin())
                .await
                .unwrap();
            caller
        }
        CallerKind::Reader => service.caller(acme, Role::Reader).await,
        CallerKind::Writer => service.caller(acme, Role::Writer).await,
        CallerKind::Owner => service.caller(acme, Role::Owner).await,
        CallerKind::OwnerElsewhere => service.caller(other, Role::Owner).await,
        CallerKind::ReadOnly => {
            owner_with(service, acme, json!({"scopes": ["api.all.read"]})).await
        }
        CallerKind::Scopeless => owner_with(service, acme, json!({"scopes": ["string"]})).await,
        CallerKind::NoRole => key_without_role(service, acme).await,
        CallerKind::Archived | CallerKind::ArchivedElsewhere => {
            let admin = service.admin(organization).await;
            let project = project(&admin, "archived").await;
            let caller = account(&admin, &project).await.key;
            let archived = admin.send("POST", &format!("{project}/archive"), &[]).await;
            assert_eq!(archived.status, 200);
            caller
        }
        CallerKind::Disabled => {
            let disabled = service.organization("disabled").await;
            let caller = service.caller(&disabled, Role::Owner).await;
            service.disable(&disabled).await;
            caller
        }
        CallerKind::Admin => service.admin(acme).await,
        CallerKind::AdminElsewhere => service.admin(other).await,
        CallerKind::RevokedAdmin | CallerKind::RevokedAdminElsewhere => {
            let caller = service.admin(organization).await;
            let id = &caller.admin_key.as_ref().unwrap().id;
            let keys = &service.store.admin_api_keys;
            let revoked = keys.revoke(&organization.id, id, origin()).await;
            revoked.unwrap().unwrap();
            caller
        }
        CallerKind::ExpiredAdmin => service.admin_until(acme, Some(now())).await,
        CallerKind::DisabledAdmin => {
            let disabled = service.organization("disabled-too").await;
            let caller = service.admin(&disabled).await;
            service.disable(&disabled).await;
            caller
        }
    }
}

/// Denies models with the id `denied` in all projects of the organization.
async fn deny(service: &TestService, organization: &Organization) {
    let policy = Policy::new(PolicyMode::DenyList, vec!["denied".parse().unwrap()]).unwrap();
    let policy = Some(Arc::new(policy));
    let of_new = OrganizationUpdate::NewProjects(policy.clone());
    let organizations = &service.store.organizations;
    let updated = organizations.update(&organization.id, of_new, origin());
    updated.await.unwrap().unwrap();
    let project = &organization.default_project.id;
    let projects = &service.store.projects;
    let set = projects.set_policy(&organization.id, project, policy, origin());
    set.await.unwrap().unwrap();
    service.catch_up().await;
}

/// An owner whose key has this update.
async fn owner_with(
    service: &TestService,
    acme: &Organization,
    update: serde_json::Value,
) -> TestCaller {
    let admin = service.admin(acme).await;
    let made = account(&admin, &project(&admin, "scoped").await).await;
    let owner = admin.post(&made.path, &json!({"role": "owner"})).await;
    let updated = admin.post(&made.key_path, &update).await;
    assert_eq!((owner.status, updated.status), (200, 200));
    made.key
}

async fn key_without_role(service: &TestService, acme: &Organization) -> TestCaller {
    let admin = service.admin(acme).await;
    let accounts = format!("{}/service_accounts", project(&admin, "none").await);
    let body = json!({"name": "none", "create_service_account_only": true});
    let made = admin.post(&accounts, &body).await.json();
    let keys = format!("{accounts}/{}/api_keys", made["id"].as_str().unwrap());
    let key = admin.post(&keys, &json!({})).await.json();
    admin.with_token(key["value"].as_str().unwrap())
}

pub async fn every_route_grants_access_as_the_table_says(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    for organization in [&acme, &other] {
        deny(&service, organization).await;
    }
    let mut cells = 0;
    for caller_kind in CALLERS {
        let caller = caller(&service, &acme, &other, caller_kind).await;
        for route in &ROUTES {
            // The routes for administration do not depend on models.
            let of_models = !matches!(route.template, Template::Administration(_));
            for model_kind in if of_models { &MODELS[..] } else { &MODELS[..1] } {
                let model_kind = *model_kind;
                // Restores the models that an earlier cell deleted.
                if of_models {
                    service
                        .models(Some(&acme), &[("own", 1), ("denied", 1)])
                        .await;
                    service
                        .models(Some(&other), &[("foreign", 1), ("denied", 1)])
                        .await;
                    service.models(None, &[("public", 1)]).await;
                }
                let id = format!("{model_kind:?}").to_lowercase();
                let path = route.template.pattern().replace("{id:.+}", &id);
                let path = path.replace(['{', '}'], "");
                let response = match route.operation {
                    Operation::Register => caller.post(&path, &json!({"id": id})).await,
                    Operation::Update => caller.post(&path, &json!({})).await,
                    Operation::ShowIndex
                    | Operation::List
                    | Operation::Retrieve
                    | Operation::Delete
                    | Operation::Administer(_) => {
                        caller.send(route.method.as_str(), &path, &[]).await
                    }
                };
                let cell = format!(
                    "{caller_kind:?} {} {} {model_kind:?}",
                    route.method,
                    route.template.pattern()
                );
                assert_eq!(
                    response.status,
                    expected(route, caller_kind, model_kind),
                    "{cell}"
                );
                if response.status >= 400 && route.method != "HEAD" {
                    response.error();
                }
                // Removes a model that this cell registered.
                if route.operation == Operation::Register && response.status == 200 {
                    for (organization, own) in [(&acme, "own"), (&other, "foreign")] {
                        if id != own {
                            let scope = Scope::Organization(organization.id.clone());
                            let id = id.parse().unwrap();
                            let deleted = service.store.models.delete(&scope, &id, origin());
                            deleted.await.unwrap();
                        }
                    }
                    service.catch_up().await;
                }
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
    assert_eq!(cells, CALLERS.len() * (9 * MODELS.len() + ROUTES.len() - 9));
    let owner = service.caller(&acme, Role::Owner).await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/model",
        "/v1/modelsx",
        "/v1/organization",
        "/v1/organization/",
        "/v1/organization/admin_api_keys/",
        "/v1/organization/projects/a/archive/b",
        "/metrics",
        "/v2/models",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(
                owner.send(method, path, &[]).await.status,
                404,
                "{method} {path} is not in the table"
            );
        }
    }
}
