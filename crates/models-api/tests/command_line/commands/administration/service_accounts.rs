use serde_json::json;

use super::{field, text, with_organizations};

#[test]
fn a_service_account_is_created_listed_shown_and_updated() {
    let program = with_organizations();
    program.json_line("project create --organization acme --name Production --id production");
    let created =
        program.json_line("service-account create --project production --name ci --role member");
    let id = text(&created, "id");
    assert!(id.starts_with("svc_acct_"), "{created}");
    assert_eq!(
        (&created["project_id"], &created["role"], created.get("key")),
        (&json!("production"), &json!("member"), None)
    );
    program.json_line(
        "service-account create --project production --name nightly --role owner --id nightly",
    );
    program.json_line("service-account create --organization acme --name elsewhere --role none");

    let listed = program.json_line("service-account list --project production");
    assert_eq!(field(&listed, "name"), ["ci", "nightly"]);
    let limited = program.json_line("service-account list --project production --limit 1");
    assert_eq!(field(&limited, "name"), ["ci"]);
    let default = program.json_line("service-account list --organization acme");
    assert_eq!(field(&default, "name"), ["elsewhere"]);

    let shown = program.run_line("service-account show nightly --project production");
    assert!(
        shown
            .stdout
            .contains("name          nightly\nrole          owner\n"),
        "{shown:?}"
    );
    let update = "service-account update nightly --project production";
    let updated = program.run_line(&format!("{update} --role none"));
    assert_eq!(
        updated.stdout,
        "The service account nightly has the name `nightly` and the role none.\n"
    );
    let renamed = program.json_line(&format!("{update} --name daily"));
    assert_eq!(
        (&renamed["name"], &renamed["role"]),
        (&json!("daily"), &json!("none"))
    );
    assert!(!program.run_line(update).succeeded, "an option is required");
}

#[test]
fn the_keys_of_a_service_account_follow_it() {
    let program = with_organizations();
    let create =
        "service-account create --organization acme --name ci --role member --id ci --with-key";
    let created = program.json_line(create);
    assert!(text(&created, "value").starts_with("sk-mdl-"), "{created}");
    assert_eq!(
        (&created["key"]["role"], &created["key"]["name"]),
        (&json!("writer"), &json!("ci"))
    );
    let key = program.json_line(
        "service-account create-key ci --organization acme --name extra --scope api.model.read --id extra --expires-in 2h",
    );
    assert_eq!(
        (
            &key["id"],
            &key["role"],
            &key["scopes"],
            &key["service_account_id"]
        ),
        (
            &json!("extra"),
            &json!("writer"),
            &json!(["api.model.read"]),
            &json!("ci")
        )
    );
    assert_eq!(
        key["expires_at"].as_i64().unwrap() - key["created_at"].as_i64().unwrap(),
        7_200
    );
    program.json_line("key create --organization acme --role reader --name other");
    let keys = || program.json_line("key list --service-account ci");
    let listed = keys();
    let mut names = field(&listed, "name");
    // Keys of the same second are ordered by their ids.
    names.sort_unstable();
    assert_eq!(names, ["ci", "extra"]);

    program.json_line("service-account update ci --organization acme --role owner");
    assert_eq!(field(&keys(), "role"), ["owner", "owner"]);

    let deleted = program.run_line("service-account delete ci --organization acme");
    assert_eq!(
        deleted.stdout,
        "Deleted the service account ci and revoked its keys.\n"
    );
    let keys = keys();
    let keys = keys.as_array().unwrap();
    assert!(
        keys.iter().all(|key| key["revoked_at"].is_i64()),
        "{keys:?}"
    );
    let taken = program.run_line(create);
    assert_eq!(
        taken.failure(),
        "a project has, or had, a service account with the id `ci`"
    );
}

#[test]
fn a_missing_service_account_is_named() {
    let program = with_organizations();
    program.json_line("service-account create --organization acme --name ci --role member --id ci");
    for line in [
        "service-account show ci --organization other",
        "service-account delete ci --organization other",
        "service-account update ci --organization other --name n",
        "service-account create-key ci --organization other --name n",
        "key create --organization other --service-account ci --name n",
    ] {
        let run = program.run_line(line);
        let expected = "the project has no service account `ci`; ";
        assert!(run.failure().starts_with(expected), "{line}: {run:?}");
    }
    let run = program.run_line("service-account create --organization acme --name n --role writer");
    let reason = "must be `owner`, `member` or `none`";
    assert!(!run.succeeded && run.stderr.contains(reason), "{run:?}");
}
