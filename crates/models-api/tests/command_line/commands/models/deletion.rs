//! The deletion of public models.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::import;
use crate::program::Program;

#[test]
fn only_a_confirmed_deletion_removes_a_public_model() {
    let program = Program::on_sqlite();
    import(&program, &[], r#"[{"id":"a"}]"#);
    let refusal = "nothing was deleted: `a` is a public model, which every organization may see; to delete it, add --yes";
    // Standard input is not a terminal, so its text is no answer.
    let refused = program.run_with(&["model", "delete", "a"], "yes\n");
    assert_eq!(refused.failure(), refusal);
    let refused = program.run(&["model", "delete", "a", "--json"]);
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(error, json!({"error": {"message": refusal}}));
    assert!(!refused.succeeded);
    assert!(program.run(&["model", "show", "a"]).succeeded);

    let missing = program.run(&["model", "delete", "b"]);
    assert!(
        missing
            .failure()
            .starts_with("there is no public model `b`")
    );
    let deleted = program.run(&["model", "delete", "a", "--yes"]);
    assert_eq!(deleted.stdout, "Deleted the public model `a`.\n");
    assert!(!program.run(&["model", "show", "a"]).succeeded);
}

#[test]
fn a_terminal_is_asked_before_a_public_model_is_deleted() {
    let program = Program::on_sqlite();
    import(&program, &[], r#"[{"id":"a"}]"#);
    // `script` runs the command on a terminal of its own.
    let line = format!("{} model delete a", env!("CARGO_BIN_EXE_models-api"));
    for (answer, is_deleted) in [("no\n", false), ("yes\n", true)] {
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let mut child = script
            .current_dir(&program.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(answer.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("To delete it, type yes:"), "{text}");
        assert_eq!(output.status.success(), is_deleted, "{text}");
        assert_eq!(program.run(&["model", "show", "a"]).succeeded, !is_deleted);
    }
}
