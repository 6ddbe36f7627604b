use serde_json::json;

use super::{field, with_organizations};
use crate::program::Program;

#[test]
fn an_organization_is_created_once_and_listed() {
    let program = Program::on_sqlite();
    let created = program.json(&[
        "organization",
        "create",
        "--slug",
        "acme",
        "--name",
        "Acme Inc.",
    ]);
    assert_eq!(
        created,
        json!({"id": created["id"], "slug": "acme", "name": "Acme Inc."})
    );
    assert!(created["id"].as_str().unwrap().starts_with("org-"));

    let again = program.run(&[
        "organization",
        "create",
        "--slug",
        "acme",
        "--name",
        "Other",
    ]);
    assert_eq!(again.failure(), "the organization `acme` already exists");
    let listed = program.json(&["organization", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&listed[0]["id"], &listed[0]["slug"]),
        (&created["id"], &json!("acme"))
    );
    let table = program.run(&["organization", "list"]).stdout;
    assert!(
        table.starts_with(" SLUG") && table.contains("Acme Inc."),
        "{table}"
    );
}

#[test]
fn a_name_with_invisible_characters_is_refused() {
    let program = Program::on_sqlite();
    let create =
        |name: &str| program.run(&["organization", "create", "--slug", "acme", "--name", name]);
    for (name, reason) in [
        (
            "Ac\u{200b}me",
            "a name must not hold U+200B (zero width space) at character 3",
        ),
        (
            "Acme ",
            "a name must not end with white space: U+0020 (space) at character 5",
        ),
    ] {
        let refused = create(name);
        assert!(
            !refused.succeeded && refused.stderr.contains(reason),
            "{refused:?}"
        );
    }
    assert!(create("Acme ❤\u{fe0f}").succeeded);
    let key = [
        "key",
        "create",
        "--organization",
        "acme",
        "--role",
        "owner",
        "--name",
    ];
    let refused = program.run(&[&key[..], &["c\u{feff}i"]].concat());
    let reason = "a name must not hold U+FEFF (byte order mark) at character 2";
    assert!(
        !refused.succeeded && refused.stderr.contains(reason),
        "{refused:?}"
    );
}

#[test]
fn an_organization_is_shown_and_renamed() {
    let program = with_organizations();
    let shown = program.json_line("organization show acme");
    assert_eq!(
        (&shown["name"], &shown["disabled_at"]),
        (&json!("Acme"), &json!(null))
    );
    let renamed = program.run_line("organization rename acme --name Labs");
    assert_eq!(
        renamed.stdout,
        "The organization `acme` has the name `Labs`.\n"
    );
    let shown = program.run_line("organization show acme").stdout;
    assert!(shown.contains("name             Labs\n"), "{shown}");
    let limited = program.json_line("organization list --limit 1");
    assert_eq!(field(&limited, "name"), ["Labs"]);
    let missing = program.run_line("organization rename nowhere --name n");
    assert_eq!(
        missing.failure(),
        "there is no organization `nowhere`; `models-api organization list` shows all"
    );
}

#[test]
fn a_deletion_needs_the_slug_and_removes_all_contents() {
    let program = with_organizations();
    program.json_line("key create --organization acme --role owner --name k --id k");
    program.json_line("admin-key create --organization acme --name a --id a");
    program.json_line("project create --organization acme --name p --id p");
    let import = ["model", "import", "-", "--organization", "acme"];
    let imported = program.run_with(&import, r#"[{"id":"m","created":1}]"#);
    assert!(imported.succeeded, "{imported:?}");

    let refused = program.run_line("organization delete acme");
    assert_eq!(
        refused.failure(),
        "the deletion of the organization `acme` removes 1 key, 1 admin key, 2 projects, 1 service account and 1 model, and \
         cannot be undone; to delete it: models-api organization delete acme --confirm acme"
    );
    // The answer is read from a terminal alone.
    let refused = program.run_with(&["organization", "delete", "acme"], "acme\n");
    assert!(!refused.succeeded);
    let refused = program.run_line("organization delete acme --confirm other");
    let expected = "nothing was deleted: the slug is `acme`, not `other`";
    assert_eq!(refused.failure(), expected);
    let listed = program.json_line("organization list");
    assert_eq!(field(&listed, "slug"), ["acme", "other"]);

    let deleted = program.json_line("organization delete acme --confirm acme");
    let removed = json!({
        "api_keys": 1, "admin_api_keys": 1, "projects": 2, "service_accounts": 1, "models": 1,
    });
    assert_eq!(
        (&deleted["slug"], &deleted["removed"]),
        (&json!("acme"), &removed)
    );
    let listed = program.json_line("organization list");
    assert_eq!(field(&listed, "slug"), ["other"]);
    assert_eq!(program.json_line("key list"), json!([]));
    for line in [
        "key show k",
        "key rotate k",
        "project show p",
        "organization show acme",
        "model list --organization acme",
    ] {
        let gone = program.run_line(line);
        assert!(!gone.succeeded, "{line}: {gone:?}");
    }
    let again = program.run_line("organization delete acme");
    assert_eq!(
        again.stdout,
        "The organization `acme` was deleted before.\n"
    );
    assert!(!again.stderr.contains("changed: "), "{again:?}");
    let log = program.json_line("audit list --organization acme --limit 1");
    assert_eq!(field(&log, "type"), ["organization.deleted"]);
}

#[test]
fn the_slug_and_the_id_of_a_deleted_organization_cannot_be_used_again() {
    let program = Program::on_sqlite();
    let created = program.json_line("organization create --slug acme --name Acme --id acme-1");
    assert_eq!(created["id"], "acme-1");
    let taken = program.run_line("organization create --slug other --name n --id acme-1");
    let expected = "an organization with the id `acme-1` exists, or an organization with this id or the slug `other` was \
                    deleted; no id and no slug is used again";
    assert_eq!(taken.failure(), expected);
    program.json_line("organization delete acme --confirm acme");
    let taken = program.run_line("organization create --slug acme --name n");
    let expected = "an organization with the slug `acme` was deleted, and no slug is used again";
    assert_eq!(taken.failure(), expected);
    let taken = program.run_line("organization create --slug other --name n --id acme-1");
    assert!(!taken.succeeded, "{taken:?}");
    for id in ["public", "a b", ""] {
        let arguments = [
            "organization",
            "create",
            "--slug",
            "o",
            "--name",
            "n",
            "--id",
            id,
        ];
        assert!(!program.run(&arguments).succeeded, "{id}");
    }
}

#[test]
fn an_organization_is_disabled_and_enabled() {
    let program = with_organizations();
    let disabled = program.json_line("organization disable acme");
    assert!(disabled["disabled_at"].is_i64(), "{disabled}");
    let again = program.run_line("organization disable acme --json");
    assert_eq!(again.json(), disabled, "the first time stays");
    assert!(!again.stderr.contains("changed: "), "{again:?}");
    let enabled = program.json_line("organization enable acme");
    assert_eq!(enabled["disabled_at"], json!(null));
    let other = program.json_line("organization show other");
    assert_eq!(other["disabled_at"], json!(null));
}
