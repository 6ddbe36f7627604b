use serde_json::json;

use super::{field, text, with_organizations};

#[test]
fn an_admin_key_is_shown_once_and_listed_with_its_creator() {
    let program = with_organizations();
    let created = program.json_line("admin-key create --organization acme --name platform");
    let (id, value) = (text(&created, "id"), text(&created, "value"));
    assert!(
        value.starts_with("sk-admin-") && value.len() == 58,
        "{created}"
    );
    assert_eq!(created["organization_slug"], "acme");

    let create =
        "admin-key create --organization acme --name second --id second --expires-in 1h --quiet";
    let quiet = program.run_line(create);
    assert!(
        quiet.stdout.starts_with("sk-admin-") && quiet.stdout.lines().count() == 1,
        "{quiet:?}"
    );
    let list = program.run_line("admin-key list --organization acme --json");
    assert!(!list.stdout.contains(&value));
    let listed = list.json();
    assert_eq!(field(&listed, "name"), ["platform", "second"]);
    assert_eq!(field(&listed, "creator"), ["command_line", "command_line"]);
    assert_eq!(listed[0]["expires_at"], json!(null));
    let limited = program.json_line("admin-key list --organization acme --limit 1");
    assert_eq!(field(&limited, "id"), [&id]);
    assert_eq!(
        program.json_line("admin-key list --organization other"),
        json!([])
    );

    let shown = program.run(&["admin-key", "show", &id, "--organization", "acme"]);
    assert!(
        shown.stdout.contains("creator       command_line\n"),
        "{shown:?}"
    );
    let revoked = program.run_line("admin-key revoke second --organization acme");
    assert_eq!(revoked.stdout, "Revoked the admin key second of `acme`.\n");
    let listed = program.json_line("admin-key list --organization acme");
    assert_eq!(field(&listed, "name"), ["platform"]);
}

#[test]
fn an_admin_key_is_refused_with_the_reason() {
    let program = with_organizations();
    program.json_line("admin-key create --organization acme --name n --id taken");
    let again = program.run_line("admin-key create --organization other --name n --id taken");
    let expected = "an admin key with the id `taken`, or a key with this secret, exists already or was revoked";
    assert_eq!(again.failure(), expected);
    let foreign = program.run_line("admin-key revoke key_1 --organization other");
    assert_eq!(
        foreign.failure(),
        "the organization `other` has no admin key `key_1`; `models-api admin-key list --organization other` shows all"
    );
    for verb in ["show", "revoke"] {
        let foreign = program.run(&["admin-key", verb, "taken", "--organization", "other"]);
        let expected = "the organization `other` has no admin key with this id; ";
        assert!(foreign.failure().starts_with(expected), "{foreign:?}");
    }

    let bring = [
        "admin-key",
        "create",
        "--organization",
        "acme",
        "--name",
        "n",
        "--secret-file",
        "-",
    ];
    let brought = program.run_with(
        &[&bring[..], &["--json"]].concat(),
        "an-admin-key-from-elsewhere",
    );
    let brought = brought.json();
    assert_eq!(brought.get("value"), None, "the operator knows the secret");
    assert_eq!(brought["redacted_value"], "an-...here");
    let again = program.run_with(&bring, "an-admin-key-from-elsewhere");
    assert_eq!(again.failure(), "a key with this secret already exists");
    let weak = program.run_with(&bring, "My Admin API Key");
    assert!(
        weak.failure()
            .contains("can be guessed; --allow-weak accepts it"),
        "{weak:?}"
    );
}
