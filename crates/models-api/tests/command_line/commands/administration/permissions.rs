use serde_json::{Value, json};

use super::with_organizations;
use crate::program::Program;

const MODELS: &str =
    r#"[{"id":"gpt-4o","created":1},{"id":"o3","created":2},{"id":"o3-mini","created":3}]"#;

fn with_models() -> Program {
    let program = with_organizations();
    let import = ["model", "import", "-"];
    assert!(program.run_with(&import, MODELS).succeeded);
    for (slug, id) in [("acme", "own"), ("other", "foreign")] {
        let list = format!(r#"[{{"id":"{id}","created":4}}]"#);
        let import = [&import[..], &["--organization", slug]].concat();
        assert!(program.run_with(&import, &list).succeeded);
    }
    program.json_line("project create --organization acme --name Production --id production");
    program
}

fn none() -> Value {
    json!({"mode": null, "model_ids": []})
}

#[test]
fn a_policy_is_set_shown_and_cleared() {
    let program = with_models();
    let (project, organization) = ("--project production", "--organization acme");
    let new_projects = "--organization acme --new-projects";
    for target in [project, organization, new_projects] {
        let show = format!("permissions show {target}");
        assert_eq!(program.json_line(&show), none(), "{target}");
        let set = program.json_line(&format!(
            "permissions set {target} --mode deny_list o3 *-mini o3"
        ));
        let policy = json!({"mode": "deny_list", "model_ids": ["o3", "*-mini"]});
        assert_eq!(set, policy);
        assert_eq!(program.json_line(&show), policy);
        let quiet = program.run_line(&format!("{show} --quiet"));
        assert_eq!(quiet.stdout, "o3\n*-mini\n");
        let human = program.run_line(&show).stdout;
        let expected = " is a deny list of 2 entries.\n  o3\n  *-mini\n";
        assert!(human.ends_with(expected), "{human}");
    }
    // A new project begins with the policy for new projects.
    program.json_line("project create --organization acme --name New --id new");
    let begun = program.json_line("permissions show --project new");
    assert_eq!(begun["mode"], "deny_list");
    let foreign = program.json_line("permissions show --organization other");
    assert_eq!(foreign, none());

    for target in [project, organization, new_projects] {
        let cleared = program.json_line(&format!("permissions clear {target}"));
        assert_eq!(cleared, none());
        let human = program
            .run_line(&format!("permissions show {target}"))
            .stdout;
        assert!(
            human.ends_with(" is not set: it allows all models.\n"),
            "{human}"
        );
        let again = program.run_line(&format!("permissions clear {target}"));
        assert!(
            again.succeeded && !again.stderr.contains("changed: "),
            "{again:?}"
        );
    }
}

#[test]
fn a_policy_is_read_from_a_file() {
    let program = with_models();
    let set = [
        "permissions",
        "set",
        "--project",
        "production",
        "--json",
        "--file",
        "-",
    ];
    let set = |mode: &[&str], text: &str| program.run_with(&[&set[..], mode].concat(), text);
    let allow = ["--mode", "allow_list"];
    let lines = set(&allow, "\u{feff}gpt-4o\r\n\n o3 \n");
    let policy = json!({"mode": "allow_list", "model_ids": ["gpt-4o", "o3"]});
    assert_eq!(lines.json(), policy);
    let shown = program
        .run_line("permissions show --project production --json")
        .stdout;
    assert_eq!(
        set(&[], &shown).json(),
        policy,
        "the output of `show` is accepted"
    );
    let empty = set(&allow, "").json();
    assert_eq!(empty, json!({"mode": "allow_list", "model_ids": []}));

    let too_many =
        "a\n".repeat(3) + &(0..10_001).fold(String::new(), |text, id| text + &format!("{id}\n"));
    for (mode, text, reason) in [
        (
            &[][..],
            "a",
            "name the mode: --mode allow_list or --mode deny_list",
        ),
        (
            &[],
            r#"{"model_ids":[]}"#,
            "name the mode: --mode allow_list or --mode deny_list",
        ),
        (
            &allow,
            r#"{"mode":"deny_list","model_ids":[]}"#,
            "`mode` is not the mode that --mode names",
        ),
        (
            &[],
            r#"{"mode":"some","model_ids":[]}"#,
            "a mode must be `allow_list` or `deny_list`",
        ),
        (
            &allow,
            &format!("a\n{}", "x".repeat(257)),
            "line 2: an entry of a policy must not be longer than 256 bytes",
        ),
        (
            &allow,
            "a\n\u{7}",
            "line 2: an entry of a policy must not hold control characters",
        ),
        (
            &allow,
            &too_many,
            "a policy must not have more than 10000 entries",
        ),
    ] {
        let refused = set(mode, text);
        let error: Value = serde_json::from_str(&refused.stderr).unwrap();
        let expected = format!("standard input: {reason}");
        assert_eq!(error["error"]["message"], expected);
    }
    let shown = program.json_line("permissions show --project production");
    assert_eq!(shown, empty, "a refused policy changes nothing");
    for line in [
        "permissions set --project production --mode allow_list",
        "permissions set --mode allow_list a",
        "permissions set --project production --new-projects --mode allow_list a",
        "permissions set --project production --mode allow_list --file f a",
    ] {
        assert!(!program.run_line(line).succeeded, "{line}");
    }
}

#[test]
fn a_test_shows_what_a_policy_would_show_and_hide() {
    let program = with_models();
    program.json_line("permissions set --organization acme --mode deny_list o3");
    let test =
        "permissions test --project production --mode allow_list o3 *-mini own foreign missing";
    let run = program.run_line(&format!("{test} --json"));
    assert_eq!(
        run.json(),
        json!({
            "shown": ["o3-mini", "own"],
            "hidden": [
                {"id": "gpt-4o", "policy": "project"},
                {"id": "o3", "policy": "organization"},
            ],
            // Another organization's model is as unknown as a missing one.
            "unused": ["foreign", "missing"],
        })
    );
    assert_eq!(
        run.stderr,
        "note: 2 entries apply to no present model: foreign, missing\n"
    );
    assert_eq!(
        program.run_line(test).stdout,
        "show  o3-mini\nshow  own\nhide  gpt-4o (policy of the project)\nhide  o3 (policy of the organization)\n\
         2 shown, 2 hidden\n"
    );
    assert_eq!(
        program.run_line(&format!("{test} --quiet")).stdout,
        "o3-mini\nown\n"
    );
    let unchanged = program.json_line("permissions show --project production");
    assert_eq!(unchanged, none());

    // The organization's policy concerns public models only.
    let test = "permissions test --organization acme --mode allow_list own gpt-4o";
    let run = program.run_line(&format!("{test} --json"));
    let response = run.json();
    assert_eq!(response["shown"], json!(["gpt-4o", "own"]));
    assert_eq!(response["unused"], json!(["own"]));
    assert_eq!(
        run.stderr,
        "note: 1 entry applies to no present model: own\n"
    );
}
