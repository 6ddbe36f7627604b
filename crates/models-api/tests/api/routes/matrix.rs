//! Every route × every kind of caller × every kind of model.

use models_api::{Access, ROUTES, Route, Template};
use models_core::{Organization, Role};

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
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ModelKind {
    Own,
    Foreign,
    Missing,
    Public,
}

const CALLERS: [CallerKind; 9] = [
    CallerKind::NoKey,
    CallerKind::Malformed,
    CallerKind::Unknown,
    CallerKind::Expired,
    CallerKind::Revoked,
    CallerKind::Reader,
    CallerKind::Writer,
    CallerKind::Owner,
    CallerKind::OwnerElsewhere,
];
const MODELS: [ModelKind; 4] = [
    ModelKind::Own,
    ModelKind::Foreign,
    ModelKind::Missing,
    ModelKind::Public,
];

/// Returns the status that the contract demands of a route with this access. An unknown permission fails the test.
fn expected(route: &Route, caller_kind: CallerKind, model_kind: ModelKind) -> u16 {
    use {CallerKind::*, ModelKind::*};
    let Access::Key(permission) = route.access else {
        return 200;
    };
    let deletes = match permission.scope() {
        "api.model.read" => false,
        "api.delete" => true,
        scope => panic!("the matrix does not know {scope}"),
    };
    let is_list = route.template == Template::List;
    match (caller_kind, model_kind) {
        (NoKey | Malformed | Unknown | Expired | Revoked, _) => 401,
        (Reader | Writer, _) if deletes => 403,
        (Reader | Writer | Owner | OwnerElsewhere, _) if is_list => 200,
        (Owner | OwnerElsewhere, Public) if deletes => 403,
        (_, Public) | (Reader | Writer | Owner, Own) | (OwnerElsewhere, Foreign) => 200,
        (_, Missing) | (Reader | Writer | Owner, Foreign) | (OwnerElsewhere, Own) => 404,
    }
}

async fn caller(
    service: &TestService,
    acme: &Organization,
    other: &Organization,
    caller_kind: CallerKind,
) -> TestCaller {
    match caller_kind {
        CallerKind::NoKey => service.anonymous(),
        CallerKind::Malformed => service.bearer("sk-mdl-of-our-form-but-with-no-checksum"),
        CallerKind::Unknown => service.bearer("sk-unknown-0123456789abcdef"),
        CallerKind::Expired => service.caller_until(acme, Role::Owner, Some(now())).await,
        CallerKind::Revoked => {
            let caller = service.caller(acme, Role::Owner).await;
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
    }
}

pub async fn every_route_grants_access_as_the_table_says(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let mut cells = 0;
    for caller_kind in CALLERS {
        let caller = caller(&service, &acme, &other, caller_kind).await;
        for route in &ROUTES {
            for model_kind in MODELS {
                // Restores the models that an earlier cell deleted.
                service.models(Some(&acme), &[("own", 1)]).await;
                service.models(Some(&other), &[("foreign", 1)]).await;
                service.models(None, &[("public", 1)]).await;
                let id = format!("{model_kind:?}").to_lowercase();
                let path = route.template.pattern().replace("{id:.+}", &id);
                let response = caller.send(route.method.as_str(), &path, &[]).await;
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
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
    assert_eq!(cells, CALLERS.len() * ROUTES.len() * MODELS.len());
    let owner = service.caller(&acme, Role::Owner).await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/model",
        "/v1/modelsx",
        "/v1/organization/admin_api_keys",
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
