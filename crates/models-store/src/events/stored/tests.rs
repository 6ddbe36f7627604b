use std::collections::BTreeSet;

use models_core::{AccountRole, OrganizationContents, PolicyMode, Scope, Timestamp};

use super::*;

/// Events that version 0.1 wrote: each of its kinds of change, with and without each optional field.
const WRITTEN: &str = include_str!("written-by-0.1.jsonl");

/// Events that version 0.2 wrote: each of its other kinds of change, and the kinds with new fields.
const WRITTEN_BY_0_2: &str = include_str!("written-by-0.2.jsonl");

const MODEL: &str = r#"{"id":"a","scope":"public","created":1,"owned_by":"b"}"#;

#[test]
fn changes_of_all_versions_are_read_and_written_with_the_same_bytes() {
    let mut kinds = BTreeSet::new();
    for line in WRITTEN.lines().chain(WRITTEN_BY_0_2.lines()) {
        let change = read(line).unwrap();
        assert_eq!(write(&change).unwrap(), line);
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["type"], change.kind());
        kinds.insert(change.kind());
    }
    assert_eq!(kinds, BTreeSet::from(Change::KINDS));
}

#[test]
fn changes_of_0_1_are_read_with_all_their_values() {
    let changes: Vec<Change> = WRITTEN.lines().map(|line| read(line).unwrap()).collect();
    let Change::OrganizationCreated(organization) = &changes[0] else {
        panic!("{:?}", changes[0]);
    };
    assert_eq!(
        organization.id.as_str(),
        "org-018f2b1c7a3d7c4e9b1a2f3c4d5e6f70"
    );
    assert_eq!(organization.slug.as_str(), "acme");
    assert_eq!(organization.name.as_str(), r#"Acme "Models" \ Söhne"#);
    let project = &organization.default_project;
    assert_eq!(project.id.as_str(), "proj_018f2b1c7a3d7c4e9b1a2f3c4d5e6f71");
    assert_eq!(project.name.as_str(), "Default project");
    let Change::ApiKeyDeleted(key) = &changes[5] else {
        panic!("{:?}", changes[5]);
    };
    assert_eq!(key.organization_id, organization.id);
    assert_eq!(key.project_id, project.id);
    assert_eq!(key.name.as_str(), "ci ❤\u{fe0f}");
    assert_eq!(key.redacted_value, "sk-...wxyz");
    assert_eq!(key.expires_at, Some(Timestamp::from_seconds(1_800_000_000)));
    assert_eq!(key.revoked_at, Some(Timestamp::from_seconds(1_786_000_003)));
    let Change::ModelCreated(model) = &changes[9] else {
        panic!("{:?}", changes[9]);
    };
    assert_eq!(model.id.as_str(), "ft:gpt-4o-mini:acme::B7R9VjQd");
    assert_eq!(model.scope, Scope::Organization(organization.id.clone()));
    assert_eq!(model.created, Timestamp::from_seconds(0));
    assert_eq!(model.owned_by.as_str(), "acme");
    let date = model.shutdown_date.map(String::from);
    assert_eq!(date.as_deref(), Some("2026-08-14"));
}

#[test]
fn changes_of_0_2_are_read_with_all_their_values() {
    let mut changes = WRITTEN_BY_0_2.lines().map(|line| read(line).unwrap());
    let mut next = |kind: &str| changes.find(|change| change.kind() == kind).unwrap();
    let at = Timestamp::from_seconds;
    let Change::OrganizationUpdated { before, after, .. } = next("organization.updated") else {
        panic!("another kind");
    };
    assert_eq!((before.disabled_at, before.public_models), (None, None));
    assert_eq!(after.name.as_str(), "Acme \"Models\" Söhne");
    assert_eq!(after.disabled_at, Some(at(1_796_000_001)));
    let public_models = after.public_models.unwrap();
    assert_eq!(public_models.digest.to_hex(), "0123456789abcdef".repeat(4));
    assert_eq!(public_models.mode, PolicyMode::AllowList);
    assert_eq!(public_models.entries, 3);
    let new_projects = after.new_projects.unwrap();
    assert_eq!(new_projects.mode, PolicyMode::DenyList);
    let Change::OrganizationDeleted {
        organization,
        removed,
    } = next("organization.deleted")
    else {
        panic!("another kind");
    };
    assert_eq!(organization.slug.as_str(), "acme");
    assert_eq!(organization.disabled_at, Some(at(1_796_000_001)));
    let expected = OrganizationContents {
        api_keys: 1,
        admin_api_keys: 2,
        projects: 3,
        service_accounts: 4,
        models: 5,
    };
    assert_eq!(removed, expected);
    let Change::ProjectUpdated { before, after, .. } = next("project.updated") else {
        panic!("another kind");
    };
    assert_eq!(
        (before.id.as_str(), before.is_default),
        ("a_project-1", false)
    );
    assert_eq!(after.name.as_str(), "another name");
    let Change::ModelPermissionsUpdated { before, after, .. } = next("model_permissions.updated")
    else {
        panic!("another kind");
    };
    assert_eq!((before, after), (None, Some(public_models)));
    let Change::ServiceAccountUpdated { before, after } = next("service_account.updated") else {
        panic!("another kind");
    };
    let roles = (before.role, after.role);
    assert_eq!(roles, (AccountRole::Member, AccountRole::None));
    let Change::ApiKeyUpdated { before: key, after } = next("api_key.updated") else {
        panic!("another kind");
    };
    assert_eq!(key.service_account_id, Some(before.id));
    assert_eq!((key.scopes, key.expires_at), (None, None));
    let scopes = after.scopes.unwrap();
    assert_eq!(scopes.iter().collect::<Vec<_>>(), ["api.all.read"]);
    assert_eq!(after.expires_at, Some(at(1_800_000_000)));
    let Change::AdminApiKeyDeleted(key) = next("admin_api_key.deleted") else {
        panic!("another kind");
    };
    assert_eq!(key.id.as_str(), "an_admin-key");
    assert_eq!(key.revoked_at, Some(at(1_796_000_009)));
}

#[test]
fn missing_optional_fields_and_unknown_fields_are_accepted() {
    let json = format!(r#"{{"type":"model.created","details":{MODEL}}}"#);
    let read_model = |json: &str| match read(json) {
        Ok(Change::ModelCreated(model)) => model,
        other => panic!("{other:?}"),
    };
    let model = read_model(&json);
    assert_eq!(model.shutdown_date, None);
    let newer = json.replace(r#""created":1"#, r#""lifecycle":"preview","created":1"#);
    assert_eq!(read_model(&newer), model);
}

#[test]
fn errors_of_damaged_changes_show_no_contents() {
    let of = |kind: &str, details: &str| format!(r#"{{"type":"{kind}","details":{details}}}"#);
    let moved = |after: &str| {
        let details = format!(r#"{{"before":{MODEL},"after":{after}}}"#);
        of("model.updated", &details)
    };
    let organization = r#"{"organization":"org-1"}"#;
    for (json, reason) in [
        ("{".to_owned(), "its JSON cannot be read at column 1"),
        (
            of("model.created", r#"{"id":"\n"}"#),
            "its JSON cannot be read at column 45",
        ),
        (
            of("model.deleted", &MODEL.replace("\"a\"", "\"\"")),
            "a model id must not be empty",
        ),
        (
            moved(&MODEL.replace("\"a\"", "\"c\"")),
            "an update cannot move a model",
        ),
        (
            moved(&MODEL.replace("\"public\"", organization)),
            "an update cannot move a model",
        ),
    ] {
        assert_eq!(read(&json).unwrap_err().to_string(), reason, "{json}");
    }
    assert!(read(&moved(MODEL)).is_ok(), "the control");
}
