use serde_json::json;

use super::{field, text, with_organizations};
use crate::program::Program;

/// A program with a key of each kind of owner.
fn with_keys() -> Program {
    let program = with_organizations();
    program.json_line("project create --organization acme --name Production --id production");
    program.json_line("service-account create --project production --name ci --role owner --id ci");
    program.json_line("key create --organization acme --role reader --name plain --id plain");
    program.json_line(
        "key create --project production --role writer --name production --id production",
    );
    program.json_line(
        "key create --project production --service-account ci --name scoped --id scoped --scope api.model.read --scope x",
    );
    program
}

#[test]
fn a_key_is_created_in_a_project_or_for_a_service_account() {
    let program = with_keys();
    let scoped = program.json_line("key show scoped");
    assert_eq!(
        (
            &scoped["project_id"],
            &scoped["service_account_id"],
            &scoped["role"]
        ),
        (&json!("production"), &json!("ci"), &json!("owner"))
    );
    assert_eq!(scoped["scopes"], json!(["api.model.read", "x"]));
    let plain = program.json_line("key show plain");
    assert_eq!(
        (&plain["role"], &plain["scopes"]),
        (&json!("reader"), &json!(null))
    );
    // A key of the command line has a service account of its name.
    let account = text(&plain, "service_account_id");
    let account = program.json(&[
        "service-account",
        "show",
        &account,
        "--organization",
        "acme",
    ]);
    assert_eq!(
        (&account["name"], &account["role"]),
        (&json!("plain"), &json!("member"))
    );
    let human = program.run_line("key show scoped").stdout;
    assert!(
        human.contains("scopes           api.model.read, x\n"),
        "{human}"
    );

    for (line, reason) in [
        ("key create --organization acme --name n", "--role"),
        (
            "key create --organization acme --name n --role reader --service-account ci",
            "cannot be used with",
        ),
        ("key create --name n --role reader", "--organization"),
    ] {
        let run = program.run_line(line);
        assert!(!run.succeeded && run.stderr.contains(reason), "{run:?}");
    }
    let taken =
        program.run_line("key create --organization other --role reader --name n --id plain");
    let expected =
        "a key with the id `plain`, or a key with this secret, exists already or was revoked";
    assert_eq!(taken.failure(), expected);
}

#[test]
fn a_list_of_keys_is_filtered_and_limited() {
    let program = with_keys();
    for (options, expected) in [
        ("", &["plain", "production", "scoped"][..]),
        (" --limit 2", &["plain", "production"]),
        (" --project production", &["production", "scoped"]),
        (" --organization acme --service-account ci", &["scoped"]),
        (" --organization other", &[]),
    ] {
        let listed = program.json_line(&format!("key list{options}"));
        assert_eq!(field(&listed, "id"), expected, "{options}");
    }
    let foreign = program.run_line("key list --organization other --project production");
    let expected = "the organization `other` has no project `production`; ";
    assert!(foreign.failure().starts_with(expected), "{foreign:?}");
}

#[test]
fn the_scopes_and_the_expiry_of_a_key_are_updated() {
    let program = with_keys();
    let updated = program.run_line("key update plain --scope api.model.request");
    assert_eq!(
        updated.stdout,
        "Updated the key plain.\nscopes   api.model.request\nexpires  -\n"
    );
    let expiring = program.json_line("key update plain --expires-in 1h");
    assert!(expiring["expires_at"].is_i64(), "{expiring}");
    assert_eq!(expiring["scopes"], json!(["api.model.request"]), "kept");
    let unscoped = program.json_line("key update plain --all-scopes");
    assert_eq!(
        (&unscoped["scopes"], &unscoped["expires_at"]),
        (&json!(null), &expiring["expires_at"])
    );
    for line in [
        "key update plain",
        "key update plain --scope a --all-scopes",
    ] {
        assert!(!program.run_line(line).succeeded, "{line}");
    }
    assert!(program.run_line("key revoke plain").succeeded);
    let revoked = program.run_line("key update plain --all-scopes");
    assert!(!revoked.succeeded, "{revoked:?}");
    let missing = program.run_line("key update key_0 --all-scopes");
    assert_eq!(
        missing.failure(),
        "there is no key `key_0`; `models-api key list` shows all"
    );
}
