//! The filters of the list, and the search.

use serde_json::json;

use super::import;
use crate::program::Program;

#[test]
fn a_list_is_filtered() {
    let program = Program::on_sqlite();
    let list = r#"[{"id":"a","created":1,"owned_by":"x","shutdown_date":"2027-01-31"},
        {"id":"b","created":2,"owned_by":"y","shutdown_date":"2027-02-01"},
        {"id":"c","created":3,"owned_by":"x"}]"#;
    import(&program, &[], list);
    for (options, expected) in [
        ("", "a\nb\nc\n"),
        (" --owned-by x", "a\nc\n"),
        (" --owned-by X", ""),
        (" --shutdown-before 2027-02-01", "a\n"),
        (" --shutdown-before 2027-02-02", "a\nb\n"),
        (" --shutdown-before 2027-02-02 --owned-by y", "b\n"),
        (" --owned-by x --limit 1", "a\n"),
    ] {
        let run = program.run_line(&format!("model list{options} --quiet"));
        assert_eq!(
            (run.succeeded, run.stdout.as_str()),
            (true, expected),
            "{options}"
        );
    }
    let invalid = program.run_line("model list --shutdown-before 2027-02-30");
    assert!(
        invalid
            .failure()
            .contains("must be a day written YYYY-MM-DD")
    );
}

#[test]
fn a_search_names_the_organization_of_each_model() {
    let program = Program::on_sqlite();
    import(
        &program,
        &[],
        r#"[{"id":"GPT-mini","created":1,"owned_by":"system"},{"id":"other"}]"#,
    );
    for slug in ["acme", "beta"] {
        program.json_line(&format!("organization create --slug {slug} --name {slug}"));
    }
    import(
        &program,
        &["--organization", "beta"],
        r#"[{"id":"ft:gpt-MINI:beta::1","created":2}]"#,
    );
    let public = json!({"id": "GPT-mini", "object": "model", "created": 1, "owned_by": "system",
        "shutdown_date": null, "organization": null});
    let own = json!({"id": "ft:gpt-MINI:beta::1", "object": "model", "created": 2, "owned_by": "beta",
        "shutdown_date": null, "organization": "beta"});
    for (line, expected) in [
        ("model search gpt-mini", json!([public, own])),
        ("model search mini --limit 1", json!([public])),
        ("model search mini --organization beta", json!([own])),
        ("model search mini --organization acme", json!([])),
        ("model search absent", json!([])),
    ] {
        assert_eq!(program.json_line(line), expected, "{line}");
    }
    let run = program.run_line("model search beta:");
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["ID", "ORGANIZATION", "CREATED", "OWNED", "BY"]);
    assert_eq!(
        lines[1],
        [
            "ft:gpt-MINI:beta::1",
            "beta",
            "1970-01-01T00:00:02Z",
            "beta"
        ]
    );
    assert_eq!(program.run(&["model", "search", ""]).stdout, "");
    assert!(!program.run(&["model", "search", ""]).succeeded);
}
