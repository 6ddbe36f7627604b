mod deletion;
mod lists;
mod registration;

use serde_json::{Value, json};

use crate::program::Program;

const LIST: &str = r#"{"object":"list","data":[
    {"id":"b/c","object":"model","created":2,"owned_by":"someone","context_length":5},
    {"id":"a","object":"model","created":2,"owned_by":"someone","shutdown_date":"2027-01-31"},
    {"id":"d","object":"model","created":1,"owned_by":"someone"}]}"#;

/// Imports a list, and returns the JSON output without the time that the import held the turn.
fn import(program: &Program, arguments: &[&str], text: &str) -> Value {
    let arguments = [&["model", "import", "-", "--json"], arguments].concat();
    let mut response = program.run_with(&arguments, text).json();
    let turn = response
        .as_object_mut()
        .and_then(|fields| fields.remove("turn_ms"));
    assert!(turn.is_some_and(|turn| turn.is_u64()));
    response
}

#[test]
fn an_exported_list_can_be_imported_unchanged() {
    let program = Program::on_sqlite();
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    assert_eq!(
        import(&program, &[], LIST),
        json!({"created": 3, "updated": 0, "unchanged": 0, "refused": 0})
    );
    assert_eq!(
        import(&program, &[], LIST),
        json!({"created": 0, "updated": 0, "unchanged": 3, "refused": 0})
    );

    let exported = program.run(&["model", "export"]).stdout;
    assert_eq!(
        import(&program, &[], &exported),
        json!({"created": 0, "updated": 0, "unchanged": 3, "refused": 0})
    );
    import(&program, &["--organization", "acme"], &exported);
    assert_eq!(
        program
            .run(&["model", "export", "--organization", "acme"])
            .stdout,
        exported
    );
    let other = Program::on_sqlite();
    import(&other, &[], &exported);
    assert_eq!(other.run(&["model", "export"]).stdout, exported);
}

#[test]
fn an_invalid_entry_fails_the_import_unless_it_is_skipped() {
    let program = Program::on_sqlite();
    let text = r#"[{"id":"a"},{"id":5},{"id":"a"},{"id":"c"}]"#;
    let refused = program.run_with(&["model", "import", "-"], text);
    assert_eq!(
        refused.failure(),
        "standard input: nothing was imported; --skip-invalid leaves these entries out:\n  \
         entry 2: `id` must be a string\n  \
         entry 3 (`a`): entry 1 has the same id"
    );
    assert_eq!(program.json(&["model", "list"]), json!([]));

    let run = program.run_with(&["model", "import", "-", "--skip-invalid"], text);
    assert_eq!(
        run.stdout,
        "2 created, 0 updated, 0 unchanged, 2 refused (public)\n"
    );
    assert!(
        run.stderr
            .starts_with("standard input: left out entry 2: `id` must be a string\n"),
        "{run:?}"
    );
    let malformed = program.run_with(
        &["model", "import", "-"],
        "[{\"id\":\"x\"},\n {\"id\" \"y\"}]",
    );
    assert_eq!(
        malformed.failure(),
        "standard input: this is not the JSON of a list of models: expected `:` at line 2 column 8"
    );
}

#[test]
fn a_dry_run_changes_nothing() {
    let program = Program::on_sqlite();
    let nowhere = program.run_with(&["model", "import", "-", "--dry-run"], LIST);
    assert!(
        nowhere.failure().starts_with("there is no database "),
        "{nowhere:?}"
    );
    let earlier =
        r#"[{"id":"d","created":1,"owned_by":"someone"},{"id":"a","created":1,"owned_by":"x"}]"#;
    import(&program, &[], earlier);
    let before = program.json(&["model", "list"]);
    let run = program.run_with(&["model", "import", "-", "--dry-run"], LIST);
    assert_eq!(
        run.stdout,
        "create      b/c\nupdate      a (created, owned_by, shutdown_date)\nleave alone d\n\
         Dry run, nothing changed: 1 created, 1 updated, 1 unchanged, 0 refused (public)\n"
    );
    assert_eq!(
        import(&program, &["--dry-run"], LIST),
        json!({"created": 1, "updated": 1, "unchanged": 1, "refused": 0, "models": {
            "created": ["b/c"],
            "updated": [{"id": "a", "fields": ["created", "owned_by", "shutdown_date"]}],
            "unchanged": ["d"],
        }})
    );
    assert_eq!(program.json(&["model", "list"]), before);
}

#[test]
fn models_are_shown_and_deleted_within_one_scope() {
    let program = Program::on_sqlite();
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    import(&program, &[], LIST);
    import(&program, &["--organization", "acme"], r#"[{"id":"own"}]"#);

    let ids = |list: Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(program.json(&["model", "list"])), ["d", "a", "b/c"]);
    assert_eq!(
        ids(program.json(&["model", "list", "--organization", "acme"])),
        ["own"]
    );
    let shown = program.json(&["model", "show", "a"]);
    let expected = json!({"id": "a", "object": "model", "created": 2, "owned_by": "someone", "shutdown_date": "2027-01-31"});
    assert_eq!(shown, expected);
    assert_eq!(
        program.json(&["model", "show", "own", "--organization", "acme"])["owned_by"],
        "Acme"
    );

    let missing = program.run(&["model", "show", "own"]);
    let message =
        "there is no public model `own`; for a model of an organization, add --organization SLUG";
    assert_eq!(missing.failure(), message);
    let deleted = program.json(&["model", "delete", "own", "--organization", "acme"]);
    assert_eq!(
        deleted,
        json!({"id": "own", "object": "model", "deleted": true})
    );
    let again = program.run(&["model", "delete", "own", "--organization", "acme"]);
    assert_eq!(
        again.failure(),
        "the organization `acme` has no model `own` of its own"
    );
}

fn large_list() -> String {
    let entry = |number| json!({"id": format!("vendor/model-{number}"), "created": number});
    (0..5_000).map(entry).collect::<Value>().to_string()
}

#[test]
fn a_large_import_prints_one_line_without_a_terminal() {
    let program = Program::on_sqlite();
    let run = program.run_with(&["model", "import", "-"], &large_list());
    assert_eq!(
        (run.stdout.as_str(), run.messages().as_str()),
        (
            "5000 created, 0 updated, 0 unchanged, 0 refused (public)\n",
            ""
        )
    );
}

#[test]
fn a_reader_that_stops_early_is_not_an_error() {
    let program = Program::on_sqlite();
    program.run_with(&["model", "import", "-"], &large_list());
    let mut child = program
        .command(&["model", "export"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_import_that_makes_fine_tuned_models_public_warns() {
    let program = Program::on_sqlite();
    let list = r#"[{"id":"openai/ft:gpt-4o:acme::1"},{"id":"ada:ft-acme-2023"},{"id":"b"}]"#;
    let public = program.run_with(&["model", "import", "-"], list);
    assert_eq!(
        (public.stdout.as_str(), public.messages().as_str()),
        (
            "3 created, 0 updated, 0 unchanged, 0 refused (public)\n",
            "warning: 2 of these are fine-tuned models (such as `openai/ft:gpt-4o:acme::1`), \
             and without --organization every organization sees them\n"
        )
    );
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let own = program.run_with(&["model", "import", "-", "--organization", "acme"], list);
    assert_eq!(
        (own.stdout.as_str(), own.messages().as_str()),
        (
            "3 created, 0 updated, 0 unchanged, 0 refused (`acme`)\n",
            ""
        )
    );
}
