//! The forms of the output: text, JSON, and values alone.

use serde_json::Value;

use crate::program::Program;

#[test]
fn quiet_commands_print_values_alone() {
    let program = Program::on_sqlite();
    let slug = program.run_line("organization create --slug acme --name Acme --quiet");
    assert_eq!(slug.stdout, "acme\n");
    let create = "key create --organization acme --role reader --name n --id key_1 --quiet";
    let secret = program.run_line(create).stdout;
    assert!(
        secret.starts_with("sk-mdl-") && secret.lines().count() == 1,
        "{secret}"
    );
    let bring =
        "key create --organization acme --role reader --name n --id key_2 --quiet --secret-file -";
    let words: Vec<&str> = bring.split(' ').collect();
    let brought = program.run_with(&words, "a-secret-from-elsewhere");
    assert_eq!(brought.stdout, "key_2\n", "the operator knows the secret");
    assert_eq!(
        program.run_line("key list --quiet").stdout,
        "key_1\nkey_2\n"
    );
    assert_eq!(program.run_line("model list --quiet").stdout, "");
    assert_eq!(program.run_line("migrate --quiet").stdout, "");
    assert_eq!(
        program.run_line("key revoke key_1 --quiet").stdout,
        "key_1\n"
    );
    assert!(!program.run_line("key list --quiet --json").succeeded);
}

#[test]
fn an_error_of_a_json_command_is_json() {
    let program = Program::on_sqlite();
    program.json_line("migrate");
    for (line, expected) in [
        (
            "key show key_0 --json",
            "there is no key `key_0`; `models-api key list` shows all",
        ),
        (
            "--json organization show acme",
            "there is no organization `acme`; `models-api organization list` shows all",
        ),
        (
            "key show --json",
            "the following required arguments were not provided:",
        ),
        (
            "key show key_0 --json --colour",
            "unexpected argument '--colour' found",
        ),
    ] {
        let run = program.run_line(line);
        assert!(!run.succeeded && run.stdout.is_empty(), "{run:?}");
        let error: Value =
            serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(expected), "{message}");
    }
    let text = program.run_line("key show key_0");
    assert_eq!(
        text.failure(),
        "there is no key `key_0`; `models-api key list` shows all"
    );
}

#[test]
fn a_list_of_models_is_limited() {
    let program = Program::on_sqlite();
    let list = r#"[{"id":"b","created":1},{"id":"a","created":2}]"#;
    assert!(program.run_with(&["model", "import", "-"], list).succeeded);
    assert_eq!(
        program.run_line("model list --limit 1 --quiet").stdout,
        "b\n"
    );
    assert!(!program.run_line("model list --limit 0").succeeded);
}
