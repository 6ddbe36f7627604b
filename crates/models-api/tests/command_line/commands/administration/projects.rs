use serde_json::json;

use super::{field, text, with_organizations};

#[test]
fn a_project_is_created_listed_shown_and_renamed() {
    let program = with_organizations();
    let created = program.json_line("project create --organization acme --name Production");
    let id = text(&created, "id");
    assert!(id.starts_with("proj_"), "{created}");
    assert_eq!(
        (&created["name"], &created["is_default"]),
        (&json!("Production"), &json!(false))
    );
    let brought =
        program.json_line("project create --organization acme --name Staging --id staging");
    assert_eq!(brought["id"], "staging");

    let listed = program.json_line("project list --organization acme");
    assert_eq!(
        field(&listed, "name"),
        ["Default project", "Production", "Staging"]
    );
    assert_eq!(listed[0]["is_default"], true);
    let limited = program.json_line("project list --organization acme --limit 2");
    assert_eq!(
        limited.as_array().unwrap()[..],
        listed.as_array().unwrap()[..2]
    );
    let foreign = program.json_line("project list --organization other");
    assert_eq!(field(&foreign, "name"), ["Default project"]);

    assert_eq!(program.json(&["project", "show", &id]), created);
    let shown = program.run_line("project show staging --organization acme");
    assert!(
        shown
            .stdout
            .contains("organization  acme\nname          Staging\n"),
        "{shown:?}"
    );
    let renamed = program.json_line("project rename staging --name Testing");
    assert_eq!(renamed["name"], "Testing");
    assert_eq!(program.json_line("project show staging"), renamed);
}

#[test]
fn an_archived_project_cannot_be_changed() {
    let program = with_organizations();
    program.json_line("project create --organization acme --name Old --id old");
    let archived = program.json_line("project archive old");
    assert!(archived["archived_at"].is_i64(), "{archived}");
    let again = program.run_line("project archive old");
    assert_eq!(again.stdout, "Archived the project old.\n");
    assert!(!again.stderr.contains("changed: "), "{again:?}");
    for line in [
        "project rename old --name New",
        "key create --project old --role reader --name n",
        "service-account create --project old --name n --role member",
        "permissions set --project old --mode deny_list a",
    ] {
        let refused = program.run_line(line);
        assert_eq!(
            refused.failure(),
            "the project is archived, and an archived project cannot be changed",
            "{line}"
        );
    }
    let listed = program.json_line("project list --organization acme");
    assert_eq!(field(&listed, "name"), ["Default project"]);
    let all = program.json_line("project list --organization acme --include-archived");
    assert_eq!(field(&all, "name"), ["Default project", "Old"]);
}

#[test]
fn a_project_is_refused_with_the_reason() {
    let program = with_organizations();
    program.json_line("project create --organization acme --name Staging --id staging");
    let default = program.json_line("organization show acme");
    let default = text(&default["default_project"], "id");
    for (line, expected) in [
        (
            "project create --organization other --name Staging --id staging".to_owned(),
            "an organization has, or had, a project with the id `staging`",
        ),
        (
            "project show missing".to_owned(),
            "there is no project `missing`",
        ),
        (
            "project rename staging --organization other --name Mine".to_owned(),
            "the organization `other` has no project `staging`; `models-api project list --organization other` shows all",
        ),
        (
            format!("project rename {default} --name Mine"),
            "the default project cannot be renamed or archived",
        ),
        (
            format!("project archive {default}"),
            "the default project cannot be renamed or archived",
        ),
        (
            "project list --organization nowhere".to_owned(),
            "there is no organization `nowhere`; `models-api organization list` shows all",
        ),
    ] {
        assert_eq!(program.run_line(&line).failure(), expected, "{line}");
    }
    let invalid = program.run_line("project create --organization acme --name n --id a:b");
    let reason = "a project id must be 1 to 64 letters, digits, `_` and `-`";
    assert!(
        !invalid.succeeded && invalid.stderr.contains(reason),
        "{invalid:?}"
    );
}
