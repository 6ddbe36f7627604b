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
