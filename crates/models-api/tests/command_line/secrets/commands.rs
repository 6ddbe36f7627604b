//! Keys and passwords in arguments and settings.

use super::hidden::{KEY, PIECES, assert_hidden, with_acme};
use crate::program::{Program, Run};

#[test]
fn the_command_line_never_repeats_a_key() {
    let program = with_acme();
    let equals = format!("--organization={KEY}");
    let flag = format!("--{KEY}");
    let path = format!("/nowhere/{KEY}");
    for arguments in [
        &["key", "revoke", KEY][..],
        &["key", "revoke", "key_1", KEY],
        &["key", "list", "--organization", KEY],
        &["key", "list", &equals],
        &["key", "list", &flag],
        &[
            "key",
            "create",
            "--organization",
            "acme",
            "--name",
            "n",
            "--role",
            KEY,
        ],
        &[
            "key",
            "create",
            "--organization",
            "acme",
            "--name",
            "n",
            "--role",
            "owner",
            "--expires-in",
            KEY,
        ],
        &[
            "key",
            "create",
            "--organization",
            "acme",
            "--name",
            "n",
            "--role",
            "owner",
            "--secret-file",
            &path,
        ],
        &["key", "show", KEY],
        &["key", "rotate", KEY],
        &["admin-key", "revoke", KEY, "--organization", "acme"],
        &["project", "show", KEY],
        &["service-account", "show", KEY, "--organization", "acme"],
        &["permissions", "show", "--project", KEY],
        &["model", "show", KEY],
        &["model", "delete", KEY],
        &[
            "model",
            "list",
            "--organization",
            "sk-mdl-qlu3ieqq9livvjwwlmsnvfs2hzp49b",
        ],
        &["model", "import", &path],
        &["organization", "create", "--slug", KEY, "--name", "n"],
        &[KEY],
        &["key", KEY],
        &["backup", &path],
    ] {
        let run = program.run(arguments);
        assert!(!run.succeeded, "{arguments:?}");
        assert_hidden(&run.stderr.replace("qlu3ieqq9l", PIECES[0]));
        assert_hidden(&run.stdout);
        let is_masked = run.stderr.contains("...") || run.stderr.contains("with this id");
        assert!(is_masked, "{run:?}");
    }
    // A key of another form in place of an id. The first has the form of an id.
    for secret in ["hunter2-hunter2-hunter2", "hunter2 hunter2"] {
        for arguments in [
            &["key", "revoke", secret][..],
            &["key", "show", secret],
            &["key", "rotate", secret],
            &["key", "update", secret, "--all-scopes"],
        ] {
            let run = program.run(arguments);
            assert!(!run.succeeded && !run.stderr.contains("hunter2"), "{run:?}");
            assert!(run.stderr.contains("key revoke --secret-file -"), "{run:?}");
        }
        for verb in ["revoke", "show"] {
            let run = program.run(&["admin-key", verb, secret, "--organization", "acme"]);
            assert!(!run.succeeded && !run.stderr.contains("hunter2"), "{run:?}");
        }
    }
    let run = program.run(&["key", "revoke", "key_!"]);
    assert!(run.stderr.contains("'key_!'"), "{run:?}");
}

#[test]
fn settings_never_repeat_a_password() {
    let check = |variable: &str, value: &str| -> Run {
        Program::on_sqlite()
            .with(variable, value)
            .run(&["config", "check"])
    };
    for url in [
        "postgres://u:hunter2@h/d",
        "postgres:u:hunter2@h",
        "postgres//u:hunter2@h",
        "postgres://u:hunter2@h:port/d",
        "postgres://u:12/hunter2@h/d",
        "postgres://u:12?hunter2@h/d",
        "postgres://u:12#hunter2@h/d",
        "postgres://u@h/d?password=hunter2",
        "postgres://u@h/d?PassWord=hunter2",
        "postgres://u@h/d?sslpassword=hunter2&sslmode=require",
        "postgres://u@h/d?passwd=hunter2",
        "postgres://u@h/d?hunter2",
        "mysql://u:hunter2@h/d",
        "hunter2",
    ] {
        for command in [&["config", "check"][..], &["migrate"], &["key", "list"]] {
            let program = Program::on_sqlite()
                .with("MODELS__DATABASE__URL", url)
                .with("MODELS__DATABASE__CONNECT_TIMEOUT", "1");
            let run = program.run(command);
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(!text.contains("hunter2"), "{url} {command:?} {text}");
        }
    }
    for (variable, value) in [
        ("MODELS__SERVER__CORS_ORIGINS", "https://u:hunter2@h"),
        ("MODELS__SERVER__PORT", "hunter2"),
        ("MODELS__LOG__LEVEL", "hunter2"),
        ("MODELS__BOOTSTRAP", "hunter2"),
    ] {
        let run = check(variable, value);
        assert!(!run.failure().contains("hunter2"), "{run:?}");
    }
    for variable in [
        "MODELS__SERVER__CORS_ORIGINS",
        "MODELS__SERVER__TRUSTED_PROXIES",
    ] {
        assert_hidden(check(variable, KEY).failure());
    }
    let run = check("MODELS__SERVER__HOST", KEY);
    assert!(run.succeeded, "{run:?}");
    assert_hidden(&run.stdout);
}

#[test]
fn a_key_is_revoked_by_its_secret() {
    let program = with_acme();
    let create = [
        "key",
        "create",
        "--organization",
        "acme",
        "--role",
        "owner",
        "--name",
        "n",
    ];
    let key = program.json(&create);
    let secret = key["value"].as_str().unwrap();
    let file = program.directory.path().join("leaked");
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    let revoked = program.json(&["key", "revoke", "--secret-file", "leaked"]);
    assert_eq!(revoked["id"], key["id"]);
    assert!(revoked["revoked_at"].is_i64());

    let bring = [&create[..], &["--secret-file", "-", "--allow-weak"]].concat();
    let brought = program.run_with(&bring, "My API Key\n");
    assert!(brought.succeeded, "{brought:?}");
    let run = program.run_with(&["key", "revoke", "--secret-file", "-"], "My API Key\n");
    assert!(run.stdout.starts_with("Revoked the key key_"), "{run:?}");
    let listed = program.json(&["key", "list"]);
    let keys = listed.as_array().unwrap();
    assert!(
        keys.iter().all(|key| key["revoked_at"].is_i64()),
        "{listed}"
    );

    let run = program.run_with(&["key", "revoke", "--secret-file", "-"], KEY);
    assert_eq!(
        run.failure(),
        "standard input: there is no key with this secret; `models-api key list` shows all"
    );
    let id = key["id"].as_str().unwrap();
    for arguments in [
        &["key", "revoke"][..],
        &["key", "revoke", id, "--secret-file", "leaked"],
    ] {
        let run = program.run(arguments);
        assert!(
            !run.succeeded && run.stderr.contains("--secret-file"),
            "{run:?}"
        );
    }
    let help = program.run(&["key", "revoke", "--help"]);
    assert!(
        help.succeeded && help.stdout.contains("--secret-file leaked-key"),
        "{help:?}"
    );
}
