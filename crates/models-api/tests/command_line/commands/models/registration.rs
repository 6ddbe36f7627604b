//! `model create` and `model update`.

use serde_json::{Value, json};

use super::import;
use crate::program::Program;

fn with_organization() -> Program {
    let program = Program::on_sqlite();
    program.json_line("organization create --slug acme --name Acme");
    program
}

fn revision(program: &Program) -> Value {
    program.json_line("audit list --limit 1")[0]["revision"].clone()
}

#[test]
fn a_created_model_has_the_given_fields_or_defaults() {
    let program = Program::on_sqlite();
    let line = "model create a --created 1970-01-02 --owned-by x --shutdown-date 2027-01-31";
    let given = json!({"id": "a", "object": "model", "created": 86_400, "owned_by": "x", "shutdown_date": "2027-01-31"});
    assert_eq!(program.json_line(line), given, "in a new database");
    assert_eq!(program.json_line("model show a"), given);

    program.json_line("organization create --slug acme --name Acme");
    let run = program.run_line("model create a --organization acme");
    assert_eq!(run.stdout, "Created the model `a` of `acme`.\n");
    assert!(run.stderr.starts_with("changed: "), "{run:?}");
    let own = program.json_line("model show a --organization acme");
    assert_eq!(
        (&own["owned_by"], &own["shutdown_date"]),
        (&json!("Acme"), &Value::Null)
    );
    assert!(own["created"].as_u64().unwrap() > 1_700_000_000, "{own}");
    let public = program.run_line("model create b");
    assert_eq!(public.stdout, "Created the public model `b`.\n");
    assert_eq!(program.json_line("model show b")["owned_by"], "system");
    assert_eq!(program.run_line("model create c --quiet").stdout, "c\n");
}

#[test]
fn the_same_registration_again_changes_nothing() {
    let program = with_organization();
    let line = "model create a --organization acme --owned-by x";
    let created = program.json_line(line);
    let before = revision(&program);
    for again in [line, "model create a --organization acme"] {
        assert_eq!(program.json_line(again), created, "{again}");
        let run = program.run_line(again);
        let expected = "The model `a` already exists with these fields.\n";
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
    }
    for other in [
        "--owned-by y",
        "--created 1970-01-02",
        "--shutdown-date 2027-01-31",
    ] {
        let run = program.run_line(&format!("model create a --organization acme {other}"));
        let expected =
            "the model `a` exists with other fields; `models-api model update` changes them";
        assert_eq!(run.failure(), expected, "{other}");
    }
    assert_eq!(revision(&program), before);
}

#[test]
fn a_generated_id_names_the_base_model_and_the_organization() {
    let program = with_organization();
    import(&program, &[], r#"[{"id":"base"}]"#);
    let line = "model create --base-model base --suffix v-1.2_x --organization acme";
    for (line, prefix) in [
        (line, "ft:base:acme:v-1.2_x:"),
        (
            "model create --base-model base --organization acme",
            "ft:base:acme::",
        ),
    ] {
        let ids = [(); 2].map(|()| program.json_line(line)["id"].as_str().unwrap().to_owned());
        assert_ne!(ids[0], ids[1], "each call registers another model");
        for id in ids {
            let random = id.strip_prefix(prefix).unwrap_or_else(|| panic!("{id}"));
            assert!(
                random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{id}"
            );
            let shown = program.run(&["model", "show", &id, "--organization", "acme"]);
            assert!(shown.succeeded, "{shown:?}");
        }
    }
    let missing = program.run_line("model create --base-model none --organization acme");
    let expected = "the organization has no base model `none`, and no public model has this id";
    assert_eq!(missing.failure(), expected);
    let long = "l".repeat(250);
    import(&program, &[], &json!([{"id": long}]).to_string());
    let too_long = program.run_line(&format!(
        "model create --base-model {long} --organization acme"
    ));
    assert_eq!(
        too_long.failure(),
        "the id would be longer than 256 bytes; choose a shorter --suffix"
    );
}

#[test]
fn an_update_changes_the_named_fields_alone() {
    let program = with_organization();
    for owner in ["", " --organization acme"] {
        let created = program.json_line(&format!("model create a --created 1970-01-02{owner}"));
        let mut expected = created;
        for (options, field, value) in [
            ("--owned-by x", "owned_by", json!("x")),
            (
                "--shutdown-date 2027-01-31",
                "shutdown_date",
                json!("2027-01-31"),
            ),
            ("--created 1970-01-03", "created", json!(172_800)),
            ("--no-shutdown-date", "shutdown_date", Value::Null),
        ] {
            expected[field] = value;
            let updated = program.json_line(&format!("model update a {options}{owner}"));
            assert_eq!(updated, expected, "{options}");
        }
        assert_eq!(program.json_line(&format!("model show a{owner}")), expected);
        let before = revision(&program);
        let same = program.run_line(&format!("model update a --owned-by x{owner}"));
        assert_eq!(same.stdout, "The model `a` already has these fields.\n");
        assert_eq!(revision(&program), before);
    }
    let missing = program.run_line("model update b --owned-by x --organization acme");
    assert_eq!(
        missing.failure(),
        "the organization `acme` has no model `b` of its own"
    );
    let missing = program.run_line("model update b --owned-by x");
    assert!(
        missing
            .failure()
            .starts_with("there is no public model `b`")
    );
}

#[test]
fn invalid_arguments_of_a_registration_are_refused() {
    let program = with_organization();
    let before = revision(&program);
    let long = "s".repeat(65);
    for (line, part) in [
        ("model create", "required"),
        (
            "model create a --base-model b --organization acme",
            "cannot be used with",
        ),
        ("model create --base-model b", "--organization"),
        ("model create a --suffix s", "--base-model"),
        (
            "model create --base-model b --organization acme --suffix a:b",
            "a suffix must hold only",
        ),
        (
            &format!("model create --base-model b --organization acme --suffix {long}"),
            "64 characters",
        ),
        ("model create a\u{200b}", "must not hold U+200B"),
        ("model create a/../b", "segment"),
        ("model create a --created 7", "must be a date"),
        ("model create a --shutdown-date 2027-02-30", "YYYY-MM-DD"),
        (
            "model create a --organization none",
            "there is no organization `none`",
        ),
        ("model update a", "required"),
        (
            "model update a --shutdown-date 2027-01-31 --no-shutdown-date",
            "cannot be used with",
        ),
    ] {
        let run = program.run_line(line);
        assert!(run.failure().contains(part), "{line}: {run:?}");
    }
    assert_eq!(revision(&program), before);
    let nowhere = Program::on_sqlite();
    for line in [
        "model create a --organization acme",
        "model update a --owned-by x",
    ] {
        let run = nowhere.run_line(line);
        assert!(
            run.failure().starts_with("there is no database "),
            "{line}: {run:?}"
        );
    }
}

#[test]
fn a_fine_tuned_model_becomes_public_with_a_warning() {
    let program = with_organization();
    let run = program.run_line("model create ft:gpt-4o:acme::1");
    let warning = "warning: `ft:gpt-4o:acme::1` is the id of a fine-tuned model, and without --organization every \
                   organization sees it\n";
    assert_eq!((run.succeeded, run.messages().as_str()), (true, warning));
    let own = program.run_line("model create ft:gpt-4o:acme::1 --organization acme");
    assert_eq!((own.succeeded, own.messages().as_str()), (true, ""));
}
