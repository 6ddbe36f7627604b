use serde_json::json;

use crate::program::{Program, shell};

const CREATE: [&str; 8] = [
    "key",
    "create",
    "--organization",
    "acme",
    "--role",
    "owner",
    "--name",
    "ci",
];

fn with_acme() -> Program {
    let program = Program::on_sqlite();
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    program
}

#[test]
fn a_key_is_shown_once_and_only_its_digest_is_stored() {
    let program = with_acme();
    let created = program.json(&CREATE);
    let value = created["value"].as_str().unwrap();
    assert!(value.starts_with("sk-mdl-") && value.len() == 56, "{value}");
    assert_eq!(
        (&created["role"], &created["expires_at"]),
        (&json!("owner"), &json!(null))
    );

    let listed = program.run(&["key", "list", "--json"]);
    assert_eq!(listed.json()[0]["id"], created["id"]);
    assert!(!listed.stdout.contains(value));
    let human = program.run(&CREATE);
    let secret = human.stdout.lines().last().unwrap();
    assert!(
        secret.starts_with("sk-mdl-") && human.stderr.starts_with("changed: SQLite database /"),
        "{human:?}"
    );
    let files = std::fs::read_dir(program.directory.path().join("data")).unwrap();
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes() || window == value.as_bytes())
        );
    }
}

#[test]
fn a_key_may_expire() {
    let program = with_acme();
    let created = program.json(&[&CREATE[..], &["--expires-in", "90days"]].concat());
    let lifetime =
        created["expires_at"].as_i64().unwrap() - created["created_at"].as_i64().unwrap();
    assert_eq!(lifetime, 90 * 24 * 3600);
    for (duration, reason) in [
        ("0s", "--expires-in must be at least a second"),
        ("200years", "--expires-in must end before"),
    ] {
        let refused = program.run(&[&CREATE[..], &["--expires-in", duration]].concat());
        assert!(refused.failure().starts_with(reason), "{refused:?}");
    }
    assert!(
        !program
            .run(&[&CREATE[..], &["--expires-in", "soon"]].concat())
            .succeeded
    );
}

#[test]
fn an_existing_secret_is_accepted() {
    let program = with_acme();
    let bring = [&CREATE[..], &["--secret-file", "-"]].concat();
    let brought = program
        .run_with(
            &[&bring[..], &["--json"]].concat(),
            "sk-proj-from-somewhere-else\n",
        )
        .json();
    assert_eq!(brought.get("value"), None, "the operator knows the secret");
    assert_eq!(brought["redacted_value"], "sk-...else");

    let again = program.run_with(&bring, "sk-proj-from-somewhere-else");
    assert_eq!(again.failure(), "a key with this secret already exists");
    let weak = program.run_with(&bring, "My API Key");
    assert_eq!(
        weak.failure(),
        "standard input: a key of fewer than 20 characters can be guessed; --allow-weak accepts it"
    );
    let allowed = program.run_with(&[&bring[..], &["--allow-weak"]].concat(), "My API Key");
    assert!(allowed.succeeded, "{allowed:?}");
    for (text, reason) in [
        ("", "standard input: a key must not be empty"),
        (
            "two\nlines of a key that is long",
            "standard input: a key must be one line without control characters",
        ),
        (
            "sk-mdl-looks-like-ours-but-is-not",
            "standard input: a key that begins with `sk-mdl-` must be one that",
        ),
    ] {
        let refused = program.run_with(&bring, text);
        assert!(refused.failure().starts_with(reason), "{refused:?}");
        assert!(
            text.is_empty() || !refused.stderr.contains(text),
            "the secret is not repeated"
        );
    }
    let missing = program.run(&[&CREATE[..], &["--secret-file", "no-such-file"]].concat());
    assert_eq!(
        missing.failure(),
        "no-such-file: No such file or directory (os error 2)"
    );
}

#[test]
fn a_key_is_revoked() {
    let program = with_acme();
    let id = program.json(&CREATE)["id"].as_str().unwrap().to_owned();
    let revoked = program.json(&["key", "revoke", &id]);
    assert_eq!(revoked["id"], id.as_str());
    assert!(revoked["revoked_at"].is_i64());
    assert_eq!(
        program.json(&["key", "revoke", &id]),
        revoked,
        "a second time changes nothing"
    );
    let missing = program.run(&["key", "revoke", "key_0"]);
    assert_eq!(
        missing.failure(),
        "there is no key `key_0`; `models-api key list` shows all"
    );
    let nowhere = program.run(&["key", "list", "--organization", "nowhere"]);
    assert_eq!(
        nowhere.failure(),
        "there is no organization `nowhere`; `models-api organization list` shows all"
    );
}

#[test]
fn the_error_names_a_key_that_could_not_be_printed() {
    let program = with_acme();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = program.command(&CREATE).stdout(full).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    let id = program.json(&["key", "list"])[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!output.status.success());
    assert!(
        message.starts_with(&format!(
            "error: the key {id} was created but could not be printed: "
        )),
        "{message}"
    );
}

#[test]
fn a_file_with_more_than_a_key_is_refused() {
    let program = with_acme();
    let bring = [&CREATE[..], &["--secret-file", "-"]].concat();
    let key = "sk-proj-from-somewhere-else";
    for (text, reason) in [
        (
            format!("Bearer {key}\n"),
            "the file holds `Bearer …`; write the key alone",
        ),
        (
            format!("\"{key}\"\n"),
            "the file holds a key in quotation marks; write the key",
        ),
        (
            format!("OPENAI_API_KEY={key}\n"),
            "the file holds `NAME=…`; write the key alone",
        ),
        (
            format!("Authorization: Bearer {key}"),
            "the file holds a whole header; write the key",
        ),
        (
            format!("{key}\u{200b}"),
            "a key must not hold U+200B (zero width space) at character 28",
        ),
        (
            format!("{key} \n"),
            "a key must not end with white space: U+0020 (space) at character 28",
        ),
        (
            "x".repeat(5_000),
            "a file with a key must not be longer than 4096 bytes",
        ),
    ] {
        let refused = program.run_with(&bring, &text);
        let message = refused.failure();
        assert!(
            message.starts_with(&format!("standard input: {reason}")),
            "{text}: {message}"
        );
        assert!(!message.contains(key), "the secret is not repeated");
    }
    // PowerShell redirects output as UTF-16 with a byte order mark and CR LF.
    let utf16: Vec<u8> = "\u{feff}sk-proj-in-utf-16-from-windows\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf8 = "\u{feff}sk-proj-with-a-byte-order-mark\r\n"
        .as_bytes()
        .to_vec();
    for (bytes, redacted) in [(utf16, "sk-...dows"), (utf8, "sk-...mark")] {
        let brought = program.run_with(&[&bring[..], &["--json"]].concat(), &bytes);
        assert_eq!(brought.json()["redacted_value"], redacted);
    }
}

/// The command names the nodes and the longest wait on standard error.
#[test]
fn a_slow_revocation_names_the_nodes_that_it_waits_for() {
    let program = with_acme()
        .with("MODELS__BOOTSTRAP", "false")
        .with("MODELS__CONSISTENCY__LEASE", "4");
    let id = program.json(&CREATE)["id"].as_str().unwrap().to_owned();
    let service = program.serve();
    let url = format!("http://{}/health/ready", service.operations);
    let ready = || {
        shell(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {url} || true"
        )) == "200"
    };
    while !ready() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    service.signal("-STOP");
    let revoked = program.run(&["key", "revoke", &id, "--json"]);
    assert_eq!(revoked.json()["id"], id.as_str());
    let expected = "The change is committed. Waiting for at most ";
    let notice = revoked
        .stderr
        .lines()
        .find(|line| line.starts_with(expected));
    assert!(
        notice.is_some_and(
            |notice| notice.contains(" s for 1 node that has not applied it yet: node_")
        ),
        "{revoked:?}"
    );
}

#[test]
fn a_command_names_the_database_that_it_changed_or_created() {
    let program = Program::on_sqlite();
    let create = ["organization", "create", "--slug", "acme", "--name", "Acme"];
    let changed = |directory: &str| {
        let path = program.directory.path().canonicalize().unwrap();
        format!(
            "changed: SQLite database {}/{directory}models.db\n",
            path.display()
        )
    };
    assert_eq!(program.run(&create).stderr, changed("data/"));
    assert_eq!(program.run(&["organization", "list"]).stderr, "");
    let elsewhere = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        let output = command
            .env("MODELS__DATABASE__URL", "sqlite://models.db")
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let made = elsewhere(&create);
    assert!(
        made.starts_with("note: created the database /") && made.ends_with(&changed("")),
        "{made}"
    );
    let again = elsewhere(&[
        "organization",
        "create",
        "--slug",
        "other",
        "--name",
        "Other",
    ]);
    assert_eq!(again, changed(""));
}
