//! `key create --from`.

use serde_json::{Value, json};

use super::{field, with_organizations};
use crate::program::Program;

const FROM_INPUT: [&str; 4] = ["key", "create", "--from", "-"];

fn ids(program: &Program) -> Vec<String> {
    let listed = program.json_line("key list");
    let ids = field(&listed, "id").into_iter();
    ids.map(str::to_owned).collect()
}

#[test]
fn all_keys_of_a_file_are_created_and_printed_once() {
    let program = with_organizations();
    program.json_line("project create --organization other --name p --id p");
    let lines = [
        json!({"organization": "acme", "role": "reader", "name": "one", "id": "k1"}),
        json!({"project": "p", "role": "owner", "name": "two", "id": "k2", "expires_in": "90days", "scopes": ["api.model.read"]}),
        json!({"organization": "other", "project": "p", "role": "writer", "name": "three", "id": "k3", "secret": "an-existing-key-from-elsewhere", "scopes": []}),
    ];
    let text = format!("\u{feff}{}\r\n\n{}\n{}", lines[0], lines[1], lines[2]);
    let file = program.directory.path().join("keys.jsonl");
    std::fs::write(&file, text).unwrap();
    let run = program.run_line("key create --from keys.jsonl --json");
    assert!(run.succeeded, "{run:?}");
    let printed: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let shown = |name: &str| -> Vec<&Value> { printed.iter().map(|key| &key[name]).collect() };
    assert_eq!(shown("id"), ["k1", "k2", "k3"]);
    assert_eq!(shown("organization_slug"), ["acme", "other", "other"]);
    assert_eq!(shown("role"), ["reader", "owner", "writer"]);
    assert_eq!(
        shown("scopes"),
        [&json!(null), &json!(["api.model.read"]), &json!(null)]
    );
    assert!(printed[0]["value"].as_str().unwrap().starts_with("sk-mdl-"));
    assert_ne!(printed[0]["value"], printed[1]["value"]);
    assert_eq!(printed[2].get("value"), None, "the operator has it");
    let lifetime = |key: &Value| key["expires_at"].as_i64().zip(key["created_at"].as_i64());
    let (end, start) = lifetime(&printed[1]).unwrap();
    assert_eq!(end - start, 90 * 24 * 3_600);
    assert_eq!(ids(&program), ["k1", "k2", "k3"]);
    let expiring = program.json_line("key list --expires-within 91days");
    assert_eq!(field(&expiring, "id"), ["k2"]);
    let expiring = program.json_line("key list --expires-within 89days");
    assert_eq!(expiring, json!([]));

    let line = r#"{"organization":"acme","role":"reader","name":"four","id":"k4"}"#;
    let quiet = program.run_with(&[&FROM_INPUT[..], &["--quiet"]].concat(), line);
    assert!(quiet.succeeded, "{quiet:?}");
    let secret = quiet.stdout.trim_end();
    assert!(secret.starts_with("sk-mdl-") && !secret.contains('\n'));
}

#[test]
fn a_refused_value_is_not_printed() {
    let program = with_organizations();
    for line in [
        r#""a-secret""#,
        r#"{"organization":"acme","role":"reader","name":"n","allow_weak":"a-secret"}"#,
        r#"{"organization":"acme","role":"reader","name":"n","secret":["a-secret"]}"#,
    ] {
        let run = program.run_with(&FROM_INPUT, line);
        let failure = run.failure();
        assert!(failure.contains("a value has another type"), "{failure}");
        assert!(!failure.contains("a-secret"), "{failure}");
    }
}

#[test]
fn a_refused_line_is_named_and_no_key_is_created() {
    let program = with_organizations();
    program.json_line("key create --organization acme --role reader --name k --id taken");
    program.json_line("project create --organization other --name p --id p");
    program.json_line("project archive p");
    let good = r#"{"organization":"acme","role":"reader","name":"good","id":"good"}"#;
    for (line, reason) in [
        ("{", "it is not the JSON object of a key"),
        (r#""key""#, "it is not the JSON object of a key"),
        (
            r#"{"organization":"acme","role":"reader"}"#,
            "missing field `name`",
        ),
        (
            r#"{"role":"reader","name":"n"}"#,
            "name the `organization` or the `project`",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","admin":true}"#,
            "unknown field `admin`",
        ),
        (
            r#"{"organization":"nowhere","role":"reader","name":"n"}"#,
            "there is no organization `nowhere`",
        ),
        (
            r#"{"project":"nowhere","role":"reader","name":"n"}"#,
            "there is no project `nowhere`",
        ),
        (
            r#"{"organization":"acme","project":"p","role":"reader","name":"n"}"#,
            "the organization `acme` has no project `p`",
        ),
        (
            r#"{"project":"p","role":"reader","name":"n"}"#,
            "the project is archived",
        ),
        (
            r#"{"organization":"acme","role":"admin","name":"n"}"#,
            "role",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"a\u200bb"}"#,
            "a name must not hold U+200B",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","id":"a b"}"#,
            "a key id must be 1 to 64",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","expires_in":"0s"}"#,
            "`expires_in` must be at least a second",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","expires_in":"soon"}"#,
            "`expires_in` is no duration",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","secret":"short"}"#,
            "a key of fewer than 20 characters can be guessed; `\"allow_weak\": true` accepts it",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","id":"taken"}"#,
            "a key with this id, or a key with this secret, exists already",
        ),
        (
            r#"{"organization":"acme","role":"reader","name":"n","id":"good"}"#,
            "another line has the same id",
        ),
    ] {
        let run = program.run_with(&FROM_INPUT, &format!("{good}\n\n{line}\n"));
        let failure = run.failure();
        assert!(failure.starts_with("standard input: line 3: "), "{failure}");
        assert!(failure.contains(reason), "{line}: {failure}");
        assert_eq!(run.stdout, "");
        assert_eq!(ids(&program), ["taken"], "{line}");
    }
    let secret = r#"{"organization":"acme","role":"reader","name":"n","secret":"a-secret-of-enough-characters"}"#;
    let twice = program.run_with(&FROM_INPUT, &format!("{secret}\n{secret}"));
    let expected = "standard input: line 2: another line has the same secret";
    assert_eq!(twice.failure(), expected);
    let many = format!("{good}\n")
        .replace(r#","id":"good""#, "")
        .repeat(201);
    let run = program.run_with(&FROM_INPUT, &many);
    let expected = "standard input: more than 200 keys; split the file";
    assert_eq!(run.failure(), expected);
    let none = program.run_with(&FROM_INPUT, "\n \n");
    assert_eq!(none.failure(), "standard input: there is no key in it");
    assert_eq!(ids(&program), ["taken"]);
    let both = program.run_line("key create --from keys.jsonl --organization acme");
    assert!(both.stderr.contains("cannot be used with"), "{both:?}");
    let missing = program.run_line("key create --from nowhere.jsonl");
    assert!(missing.failure().starts_with("nowhere.jsonl: "));
    for line in ["key create", "key create --organization acme --role reader"] {
        let run = program.run_line(line);
        assert!(run.stderr.contains("required"), "{run:?}");
    }
}
