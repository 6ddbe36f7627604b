use serde_json::json;

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
    assert_eq!(again.failure(), "there is an organization `acme` already");
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
