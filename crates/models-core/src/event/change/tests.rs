use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::admin_api_key::AdminApiKeyId;
use crate::api_key::ApiKeyId;
use crate::event::level::Level;
use crate::model::Scope;
use crate::organization::{OrganizationContents, OrganizationPolicies, OrganizationSettings};
use crate::permission::{AccountRole, Role, Scopes};
use crate::policy::{Policy, PolicyMode};
use crate::project::DefaultProject;
use crate::service_account::ServiceAccountId;

const AT: Timestamp = Timestamp::from_seconds(1);
const ORGANIZATION: &str = "org-00000000000000000000000000000001";
const PROJECT: &str = "proj_00000000000000000000000000000002";
const KEY: &str = "key_00000000000000000000000000000003";
const ACCOUNT: &str = "svc_acct_00000000000000000000000000000004";
const ADMIN_KEY: &str = "key_00000000000000000000000000000005";

fn organization() -> Organization {
    Organization {
        id: OrganizationId::from_uuid(Uuid::from_u128(1)),
        slug: "acme".parse().expect("a slug"),
        name: "Acme".parse().expect("a name"),
        default_project: DefaultProject {
            id: project().id,
            name: project().name,
        },
        created_at: AT,
        disabled_at: None,
    }
}

fn settings(
    disabled_at: Option<Timestamp>,
    public_models: Option<Arc<Policy>>,
) -> OrganizationState {
    OrganizationState::from(&OrganizationSettings {
        name: "Acme".parse().expect("a name"),
        disabled_at,
        policies: OrganizationPolicies {
            public_models,
            new_projects: None,
        },
    })
}

fn project() -> Project {
    Project {
        id: ProjectId::from_uuid(Uuid::from_u128(2)),
        name: "Default".parse().expect("a name"),
        is_default: true,
        created_at: AT,
        archived_at: None,
    }
}

fn policy() -> Arc<Policy> {
    Policy::new(PolicyMode::DenyList, vec![])
        .expect("a policy")
        .into()
}

fn account(role: AccountRole) -> ServiceAccount {
    ServiceAccount {
        id: ServiceAccountId::from_uuid(Uuid::from_u128(4)),
        organization_id: organization().id,
        project_id: project().id,
        name: "ci".parse().expect("a name"),
        role,
        created_at: AT,
    }
}

fn key(scopes: &[&str]) -> ApiKey {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    ApiKey {
        id: ApiKeyId::from_uuid(Uuid::from_u128(3)),
        organization_id: organization().id,
        organization_slug: organization().slug,
        project_id: project().id,
        service_account_id: Some(account(AccountRole::Member).id),
        name: "ci".parse().expect("a name"),
        role: Role::Reader,
        scopes: Scopes::new(scopes).expect("scopes"),
        redacted_value: "...".to_owned(),
        created_at: AT,
        expires_at: None,
        revoked_at: None,
    }
}

fn admin_key() -> AdminApiKey {
    AdminApiKey {
        id: AdminApiKeyId::from_uuid(Uuid::from_u128(5)),
        organization_id: organization().id,
        organization_slug: organization().slug,
        name: "ops".parse().expect("a name"),
        redacted_value: "...".to_owned(),
        created_at: AT,
        expires_at: None,
        revoked_at: None,
    }
}

fn model(scope: Scope) -> Model {
    Model {
        id: "a".parse().expect("an id"),
        scope,
        created: AT,
        owned_by: "b".parse().expect("a name"),
        shutdown_date: None,
    }
}

fn organization_updated(after: OrganizationState) -> Change {
    Change::OrganizationUpdated {
        id: organization().id,
        before: settings(None, None),
        after,
    }
}

fn model_permissions_updated(after: Option<&Policy>) -> Change {
    Change::ModelPermissionsUpdated {
        organization_id: organization().id,
        project_id: project().id,
        before: Some(PolicyReference::from(&*policy())),
        after: after.map(PolicyReference::from),
    }
}

fn account_updated(after: ServiceAccount) -> Change {
    Change::ServiceAccountUpdated {
        before: account(AccountRole::None),
        after,
    }
}

fn key_updated(after: ApiKey) -> Change {
    Change::ApiKeyUpdated {
        before: key(&["a"]),
        after,
    }
}

/// One change of each kind, with its subject and whether it takes something away.
fn changes_of_the_organization() -> Vec<(Change, &'static str, bool)> {
    let organization_id = organization().id;
    let own = model(Scope::Organization(organization_id.clone()));
    let member = || account(AccountRole::Member);
    vec![
        (
            Change::OrganizationCreated(organization()),
            ORGANIZATION,
            false,
        ),
        (
            organization_updated(settings(None, None)),
            ORGANIZATION,
            true,
        ),
        (
            Change::OrganizationDeleted {
                organization: organization(),
                removed: OrganizationContents::default(),
            },
            ORGANIZATION,
            true,
        ),
        (
            Change::ProjectCreated {
                organization_id: organization_id.clone(),
                project: project(),
            },
            PROJECT,
            false,
        ),
        (
            Change::ProjectUpdated {
                organization_id: organization_id.clone(),
                before: project(),
                after: project(),
            },
            PROJECT,
            false,
        ),
        (
            Change::ProjectArchived {
                organization_id,
                project: project(),
            },
            PROJECT,
            true,
        ),
        (model_permissions_updated(None), PROJECT, true),
        (Change::ServiceAccountCreated(member()), ACCOUNT, false),
        (account_updated(member()), ACCOUNT, true),
        (Change::ServiceAccountDeleted(member()), ACCOUNT, true),
        (Change::ApiKeyCreated(key(&[])), KEY, false),
        (key_updated(key(&[])), KEY, true),
        (Change::ApiKeyDeleted(key(&[])), KEY, true),
        (Change::AdminApiKeyCreated(admin_key()), ADMIN_KEY, false),
        (Change::AdminApiKeyDeleted(admin_key()), ADMIN_KEY, true),
        (Change::ModelCreated(own.clone()), "a", false),
        (
            Change::ModelUpdated {
                before: own.clone(),
                after: own.clone(),
            },
            "a",
            false,
        ),
        (Change::ModelDeleted(own), "a", true),
    ]
}

#[test]
fn each_kind_of_change_has_its_subject_organization_and_barrier() {
    let id = organization().id;
    let lease = Change::LeaseUpdated {
        before_seconds: Some(15),
        after_seconds: 30,
    };
    assert_eq!((lease.subject_id(), lease.takes_away()), ("catalog", false));
    assert_eq!((lease.organization_id(), lease.scope()), (None, None));
    let mut kinds = vec![];
    for (change, subject, takes_away) in changes_of_the_organization() {
        let kind = change.kind();
        assert_eq!(change.subject_id(), subject, "{kind}");
        assert_eq!(change.takes_away(), takes_away, "{kind}");
        assert_eq!(change.organization_id(), Some(&id), "{kind}");
        let is_of_model = kind.starts_with("model.");
        let scope = is_of_model.then(|| Scope::Organization(id.clone()));
        assert_eq!(change.scope(), scope.as_ref(), "{kind}");
        let project = change.project_id().map(ProjectId::as_str);
        let is_of_project = [PROJECT, ACCOUNT, KEY].contains(&subject);
        assert_eq!(project, is_of_project.then_some(PROJECT), "{kind}");
        kinds.push(kind);
    }
    let pruned = Change::AuditPruned { before: AT };
    assert_eq!(
        (pruned.subject_id(), pruned.takes_away()),
        ("catalog", false)
    );
    assert_eq!((pruned.organization_id(), pruned.scope()), (None, None));
    kinds.extend([lease.kind(), pruned.kind()]);
    assert_eq!(kinds, Change::KINDS);
}

#[test]
fn a_change_of_a_public_model_belongs_to_no_organization() {
    let public = model(Scope::Public);
    for change in [
        Change::ModelCreated(public.clone()),
        Change::ModelUpdated {
            before: public.clone(),
            after: public.clone(),
        },
        Change::ModelDeleted(public),
    ] {
        assert_eq!(change.organization_id(), None);
        assert_eq!(change.scope(), Some(&Scope::Public));
    }
}

#[test]
fn only_restrictions_need_a_higher_level() {
    let is_archiving = |change: &Change| change.kind() == "project.archived";
    for (change, ..) in changes_of_the_organization() {
        let expected = if is_archiving(&change) {
            Level::RESTRICTIONS
        } else {
            Level::FIRST
        };
        assert_eq!(change.level(), expected, "{}", change.kind());
    }
    for change in [
        organization_updated(settings(Some(AT), None)),
        organization_updated(settings(None, Some(policy()))),
        model_permissions_updated(Some(&policy())),
        Change::ServiceAccountCreated(account(AccountRole::None)),
        account_updated(account(AccountRole::None)),
        Change::ApiKeyCreated(key(&["a"])),
        key_updated(key(&["a"])),
    ] {
        assert_eq!(change.level(), Level::RESTRICTIONS, "{}", change.kind());
    }
    assert_eq!(Level::SUPPORTED, Level::RESTRICTIONS);
}
