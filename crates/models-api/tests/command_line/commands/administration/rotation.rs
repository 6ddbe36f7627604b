use serde_json::json;

use super::{text, with_organizations};

#[test]
fn a_rotated_key_is_replaced_and_expires_after_the_grace() {
    let program = with_organizations();
    program.json_line("service-account create --organization acme --name ci --role owner --id ci");
    let old = program.json_line(
        "key create --organization acme --service-account ci --name ci --id old --scope api.model.read --expires-in 30days",
    );
    let new = program.json_line("key rotate old --grace 2h");
    for name in ["name", "role", "scopes", "service_account_id", "project_id"] {
        assert_eq!(new[name], old[name], "{name}");
    }
    assert!(text(&new, "id").starts_with("key_"), "{new}");
    assert_ne!(new["value"], old["value"]);
    assert_eq!(new["replaces"], "old");
    let seconds = |object: &serde_json::Value, name: &str| object[name].as_i64().unwrap();
    let lifetime = seconds(&new, "expires_at") - seconds(&new, "created_at");
    assert_eq!(
        lifetime,
        30 * 24 * 3_600,
        "the lifetime of the replaced key"
    );
    let end = seconds(&new, "replaced_expires_at");
    assert_eq!(end - seconds(&new, "created_at"), 2 * 3_600);
    let old = program.json_line("key show old");
    assert_eq!(
        (seconds(&old, "expires_at"), &old["revoked_at"]),
        (end, &json!(null))
    );
}

#[test]
fn a_reader_key_stays_a_reader_and_the_grace_is_a_day_unless_given() {
    let program = with_organizations();
    program.json_line("key create --organization acme --role reader --name gateway --id old");
    let run = program.run_line("key rotate old --quiet");
    assert!(
        run.stdout.starts_with("sk-mdl-") && run.stdout.lines().count() == 1,
        "{run:?}"
    );
    let (keys, old) = (
        program.json_line("key list"),
        program.json_line("key show old"),
    );
    let mut keys = keys.as_array().unwrap().iter();
    let new = keys.find(|key| key["id"] != "old").unwrap();
    assert_eq!(
        (&new["role"], &new["expires_at"]),
        (&json!("reader"), &json!(null))
    );
    let grace = old["expires_at"].as_i64().unwrap() - new["created_at"].as_i64().unwrap();
    assert_eq!(grace, 24 * 3_600);

    // A key that expires earlier is not extended.
    let again = program.json_line("key rotate old --grace 48h");
    assert_eq!(again["replaced_expires_at"], old["expires_at"]);
    let human = program.run_line("key rotate old --grace 0s");
    assert!(
        human.stdout.contains(" in place of old, which expires at "),
        "{human:?}"
    );
    let expired = program.run_line("key rotate old");
    assert_eq!(expired.failure(), "the key is revoked or has expired");
}
