use super::*;
use crate::settings::LogFormat;
use std::time::Duration;

fn load(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::load_from(&variables).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_parse() {
    let settings = load(&[]).unwrap();
    assert_eq!(
        (settings.server.host.as_str(), settings.server.port),
        ("127.0.0.1", 8080)
    );
    assert!(settings.bootstrap);
    assert_eq!(settings.log.format, LogFormat::Human);
}

#[test]
fn a_variable_overrides_the_file_and_the_file_overrides_the_default() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("x.toml"),
        "[server]\nhost = \"::1\"\nport = 1\n",
    )
    .unwrap();
    let directory = directory.path().to_str().unwrap();
    let base = [
        (ENVIRONMENT, "x"),
        (DIRECTORY, directory),
        ("MODELS__SERVER__PORT", "0"),
    ];
    let settings = load(&base).unwrap();
    assert_eq!(
        (settings.server.host.as_str(), settings.server.port),
        ("::1", 0)
    );
    assert_eq!(settings.server.shutdown_timeout, Duration::from_secs(30));
}

#[test]
fn an_error_names_the_setting_and_the_variable() {
    for (variable, value, expected) in [
        (
            "MODELS__SERVER__PORT",
            "http",
            "the setting `server.port` (variable MODELS__SERVER__PORT)",
        ),
        (
            "MODELS__SERVER__PORT",
            "65536",
            "the setting `server.port` (variable MODELS__SERVER__PORT)",
        ),
        (
            "MODELS__BOOTSTRAP",
            "maybe",
            "the setting `bootstrap` (variable MODELS__BOOTSTRAP)",
        ),
        (
            "MODELS__LOG__FORMAT",
            "xml",
            "the setting `log.format` (variable MODELS__LOG__FORMAT)",
        ),
        (
            "MODELS__LOG__LEVEL",
            "loud",
            "the setting `log.level` (variable MODELS__LOG__LEVEL)",
        ),
        (
            "MODELS__DATABASE__URL",
            "mysql://me:secret@x/y",
            "the setting `database.url` (variable MODELS__DATABASE__URL)",
        ),
        (
            "MODELS__SERVER__CORS_ORIGINS",
            "https://a.example, example.com",
            "the setting `server.cors_origins` (variable MODELS__SERVER__CORS_ORIGINS)",
        ),
        (
            "MODELS__SERVER__WORKERS",
            "65535",
            "the setting `server.workers` (variable MODELS__SERVER__WORKERS) cannot be used: must be between 0 and 256, not 65535",
        ),
        (
            "MODELS__DATABASE__CONNECT_TIMEOUT",
            "0",
            "the setting `database.connect_timeout` (variable MODELS__DATABASE__CONNECT_TIMEOUT)",
        ),
        (
            "MODELS_SERVER_PORT",
            "1",
            "the variable MODELS_SERVER_PORT sets nothing; did you mean MODELS__SERVER__PORT?",
        ),
        (
            "MODELS__DATABASE__MAX_CONNECTIONS",
            "0",
            "the setting `database.max_connections` (variable",
        ),
        (
            "MODELS__SERVER__PROT",
            "1",
            "there is no setting `server.prot` (variable MODELS__SERVER__PROT)",
        ),
        (
            "MODELS__SERVER",
            "1",
            "there is no setting `server` (variable MODELS__SERVER)",
        ),
    ] {
        let message = load(&[(variable, value)]).unwrap_err();
        assert!(
            message.starts_with(expected) && !message.contains("secret"),
            "{message}"
        );
    }
}

#[test]
fn an_error_names_the_bad_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let refusal = |text: &str| {
        std::fs::write(directory.path().join("x.toml"), text).unwrap();
        load(&[(ENVIRONMENT, "x"), (DIRECTORY, path)]).unwrap_err()
    };
    assert!(refusal("[server]\nprot = 1").starts_with(&format!(
        "there is no setting `server.prot` (in {path}/x.toml)"
    )));
    assert!(refusal("[server]\nport = \"a\"").contains("x.toml"));
    assert!(refusal("[server\n").starts_with("the settings cannot be read: "));
    let unterminated = refusal("[database]\nurl = \"postgres://me:secret@x/y\n");
    assert!(
        unterminated.contains("line 2") && !unterminated.contains("secret"),
        "{unterminated}"
    );
    assert_eq!(
        load(&[(ENVIRONMENT, "missing"), (DIRECTORY, path)]).unwrap_err(),
        format!(
            "there is no file {path}/missing.toml for the environment that MODELS_ENVIRONMENT names"
        ),
    );
}

/// If a variable sets the URL, the file holds no password in use, so its mode does not matter.
#[test]
fn a_settings_file_with_a_password_that_all_users_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let (path, file) = (directory.path(), directory.path().join("x.toml"));
    let named = [(ENVIRONMENT, "x"), (DIRECTORY, path.to_str().unwrap())];
    let write = |url: &str, mode| {
        std::fs::write(&file, format!("[database]\nurl = \"{url}\"\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("postgres://me:s3cret-enough@x/y", 0o644);
    let message = load(&named).unwrap_err();
    assert!(
        message.contains("chmod o= ") && !message.contains("s3cret"),
        "{message}"
    );
    write("postgres://me:s3cret-enough@x/y", 0o640);
    assert!(load(&named).is_ok());
    write("postgres://me@x/y", 0o644);
    let [environment, directory] = named;
    let variable = ("MODELS__DATABASE__URL", "postgres://me:s3cret-enough@x/y");
    assert!(load(&[environment, directory, variable]).is_ok());
}

#[test]
fn the_files_of_the_repository_parse() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    for environment in ["development", "production"] {
        assert!(
            load(&[(ENVIRONMENT, environment), (DIRECTORY, config)]).is_ok(),
            "{environment}"
        );
    }
}

#[test]
fn debug_shows_no_password() {
    let settings = load(&[("MODELS__DATABASE__URL", "postgres://me:s3cret@x/y")]).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
}

/// Settings that hold several values, or a path. Their errors name the wrong value.
const NAMING: [&str; 5] = [
    "authorization.allowed_clients",
    "authorization.secret_file",
    "database.password_file",
    "server.cors_origins",
    "server.trusted_proxies",
];

#[test]
fn an_error_neither_names_types_nor_repeats_the_value() {
    let known = Sources::of(&HashMap::new()).unwrap();
    let mut refused = 0;
    for key in keys_of(&known.config) {
        for value in [
            "",
            "hunter2",
            "-1",
            "70000",
            "99999999999999999999",
            "1.5",
            "true",
            "[]",
        ] {
            let Err(message) = load(&[(&variable(&key), value)]) else {
                continue;
            };
            refused += 1;
            let start = format!(
                "the setting `{key}` (variable {}) cannot be used: ",
                variable(&key)
            );
            let reason = message
                .strip_prefix(&start)
                .unwrap_or_else(|| panic!("{key}={value}: {message}"));
            let words = [
                "invalid", "expected", "integer", "bit", "u16", "u32", "bool", "string", "hunter2",
            ];
            for word in words {
                let may_say = word == "hunter2" && NAMING.contains(&key.as_str());
                assert!(
                    may_say || !reason.contains(word),
                    "{key}={value}: {message}"
                );
            }
        }
    }
    assert!(refused > 150, "{refused}");
    let port = |value| load(&[("MODELS__SERVER__PORT", value)]).unwrap_err();
    let start = "the setting `server.port` (variable MODELS__SERVER__PORT) cannot be used: must be between 0 and 65535";
    assert_eq!(port("http"), format!("{start}, a whole number"));
    assert_eq!(port("65536"), format!("{start}, not 65536"));
}

/// In a file, values have types, and a section or a list can replace a value.
#[test]
fn an_error_about_a_file_neither_names_types_nor_repeats_the_value() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let known = Sources::of(&HashMap::new()).unwrap();
    for key in keys_of(&known.config) {
        for value in [
            "[1]",
            "\"hunter2 hunter2\"",
            "-1",
            "1979-05-27",
            "99999999999999999",
        ] {
            std::fs::write(
                directory.path().join("x.toml"),
                format!("{key} = {value}\n"),
            )
            .unwrap();
            let Err(message) = load(&[(ENVIRONMENT, "x"), (DIRECTORY, path)]) else {
                continue;
            };
            assert!(
                message.starts_with(&format!("the setting `{key}` ")),
                "{key}={value}: {message}"
            );
            assert!(
                message.ends_with(&format!("(it comes from {path}/x.toml)")),
                "{message}"
            );
            for word in ["invalid type", "expected", "integer", "bit", "hunter2"] {
                let may_say = word == "hunter2" && NAMING.contains(&key.as_str());
                assert!(
                    may_say || !message.contains(word),
                    "{key}={value}: {message}"
                );
            }
        }
    }
}

#[test]
fn the_source_names_the_variable_in_its_spelling() {
    let variables =
        [("MODELS__server__PORT", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sources = Sources::of(&variables.into()).unwrap();
    let settings = sources.settings().unwrap();
    assert_eq!(settings.server.port, 1);
    let explained = sources.explain(&settings).unwrap();
    let port = explained
        .iter()
        .find(|setting| setting.key == "server.port")
        .unwrap();
    assert_eq!(
        (port.value.as_str(), port.source.as_str()),
        ("1", "variable MODELS__server__PORT")
    );
}
