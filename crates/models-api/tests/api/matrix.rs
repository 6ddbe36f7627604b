//! Every route × every kind of caller × every kind of model.

use models_api::{Access, ROUTES, Route, Template};
use models_core::{Organization, Role};

use crate::service::{TestCaller, TestService, now, origin};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
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
enum Which {
    Own,
    Foreign,
    Missing,
    Public,
}

const ALL_WHO: [Who; 9] = [
    Who::NoKey,
    Who::Malformed,
    Who::Unknown,
    Who::Expired,
    Who::Revoked,
    Who::Reader,
    Who::Writer,
    Who::Owner,
    Who::OwnerElsewhere,
];
const ALL_WHICH: [Which; 4] = [Which::Own, Which::Foreign, Which::Missing, Which::Public];

/// What the contract says of a route with this access. A permission that is not here fails the test.
fn expected(route: &Route, who: Who, which: Which) -> u16 {
    use {Which::*, Who::*};
    let Access::Key(permission) = route.access else {
        return 200;
    };
    let deletes = match permission.scope() {
        "api.model.read" => false,
        "api.delete" => true,
        scope => panic!("the matrix does not know {scope}"),
    };
    let is_list = route.template == Template::List;
    match (who, which) {
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
    who: Who,
) -> TestCaller {
    match who {
        Who::NoKey => service.anonymous(),
        Who::Malformed => service.bearer("sk-mdl-of-our-form-but-with-no-checksum"),
        Who::Unknown => service.bearer("sk-unknown-0123456789abcdef"),
        Who::Expired => service.caller_until(acme, Role::Owner, Some(now())).await,
        Who::Revoked => {
            let caller = service.caller(acme, Role::Owner).await;
            service
                .store
                .api_keys
                .revoke(&caller.key.as_ref().unwrap().id, origin())
                .await
                .unwrap();
            caller
        }
        Who::Reader => service.caller(acme, Role::Reader).await,
        Who::Writer => service.caller(acme, Role::Writer).await,
        Who::Owner => service.caller(acme, Role::Owner).await,
        Who::OwnerElsewhere => service.caller(other, Role::Owner).await,
    }
}

pub async fn every_route_refuses_and_allows_as_the_table_says(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let mut cells = 0;
    for who in ALL_WHO {
        let caller = caller(&service, &acme, &other, who).await;
        for route in &ROUTES {
            for which in ALL_WHICH {
                // Whatever an earlier cell deleted is there again.
                service.models(Some(&acme), &[("own", 1)]).await;
                service.models(Some(&other), &[("foreign", 1)]).await;
                service.models(None, &[("public", 1)]).await;
                let id = format!("{which:?}").to_lowercase();
                let path = route.template.pattern().replace("{id:.+}", &id);
                let answer = caller.send(route.method.as_str(), &path, &[]).await;
                let cell = format!(
                    "{who:?} {} {} {which:?}",
                    route.method,
                    route.template.pattern()
                );
                assert_eq!(answer.status, expected(route, who, which), "{cell}");
                if answer.status >= 400 && route.method != "HEAD" {
                    answer.error();
                }
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
    assert_eq!(cells, ALL_WHO.len() * ROUTES.len() * ALL_WHICH.len());
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
                "{method} {path} is in no table"
            );
        }
    }
}
