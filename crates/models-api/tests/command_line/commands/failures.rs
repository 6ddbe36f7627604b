//! The program's error messages and its help.

use crate::program::Program;

#[test]
fn an_error_in_the_settings_names_the_setting_and_the_variable() {
    let program = Program::on_sqlite().with("MODELS__SERVER__PORT", "http");
    let run = program.run(&[]);
    assert!(
        run.failure().starts_with(
            "the setting `server.port` (variable MODELS__SERVER__PORT) cannot be used"
        ),
        "{run:?}"
    );
    let program = Program::on_sqlite().with("MODELS__SERVER__PROT", "1");
    let run = program.run(&["migrate"]);
    assert!(
        run.failure()
            .starts_with("there is no setting `server.prot` (variable MODELS__SERVER__PROT)"),
        "{run:?}"
    );
}

#[test]
fn the_error_for_an_unusable_database_names_it_without_its_password() {
    for (url, expected) in [
        (
            "postgres://me:hidden@127.0.0.1:1/models",
            "cannot connect to postgres://127.0.0.1:1/models: ",
        ),
        (
            "mysql://me:hidden@127.0.0.1/models",
            "the setting `database.url` (variable MODELS__DATABASE__URL)",
        ),
        (
            "sqlite:///proc/nowhere/models.db",
            "the directory /proc/nowhere cannot be created: ",
        ),
        (
            "sqlite:///proc/models.db",
            "the file /proc/models.db cannot be used: ",
        ),
    ] {
        let run = Program::on_sqlite()
            .with("MODELS__DATABASE__URL", url)
            .run(&["migrate"]);
        assert!(run.failure().starts_with(expected), "{run:?}");
        assert!(
            run.failure().contains("MODELS__DATABASE__URL") && !run.stderr.contains("hidden"),
            "{run:?}"
        );
    }
}

#[test]
fn the_error_for_a_used_port_names_the_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = Program::on_sqlite()
        .with("MODELS__SERVER__PORT", &port)
        .run(&["serve"]);
    let expected = format!("cannot listen on 127.0.0.1:{port}: Address already in use");
    assert!(run.failure().starts_with(&expected), "{run:?}");
}

/// The commands below this one that have no commands of their own, from the help.
fn every_leaf(program: &Program, path: &[String]) -> Vec<Vec<String>> {
    let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = program.run(&arguments).stdout;
    let Some((_, commands)) = help.split_once("\nCommands:\n") else {
        return vec![path.to_vec()];
    };
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    names
        .flat_map(|name| every_leaf(program, &[path, &[name]].concat()))
        .collect()
}

#[test]
fn help_explains_every_command() {
    let program = Program::on_sqlite();
    let help = program.run(&["--help"]).stdout;
    for command in [
        "serve",
        "migrate",
        "organization",
        "key",
        "model",
        "--json",
        "MODELS__DATABASE__URL",
    ] {
        assert!(help.contains(command), "{help}");
    }
    let leaves = every_leaf(&program, &[]);
    assert!(leaves.len() > 15, "{leaves:?}");
    for leaf in leaves {
        let leaf: Vec<&str> = leaf.iter().map(String::as_str).collect();
        let help = program.run(&[&leaf[..], &["--help"]].concat()).stdout;
        let example = format!("models-api {}", leaf.join(" "));
        let after = help.split("Example").nth(1).unwrap_or_default();
        assert!(
            after.contains(&example) || leaf == ["serve"],
            "{leaf:?} has no example: {help}"
        );
    }
    assert!(!program.run(&["key", "destroy"]).succeeded);
}

#[test]
fn a_command_in_the_wrong_directory_creates_no_database() {
    let program = Program::on_sqlite();
    for command in [
        &["key", "list"][..],
        &["model", "export"],
        &["organization", "list"],
    ] {
        let run = program.run(command);
        assert!(
            run.failure().starts_with("there is no database "),
            "{run:?}"
        );
    }
    assert_eq!(
        std::fs::read_dir(program.directory.path()).unwrap().count(),
        0
    );
}

/// Operators need the server's message, but not the line in the server's sources.
#[tokio::test]
async fn an_error_of_postgres_is_shown_without_its_source_line() {
    let program = Program::on_postgres().await;
    let missing = format!("{}_missing", program.database.as_ref().unwrap().url());
    let run = program
        .with("MODELS__DATABASE__URL", &missing)
        .run(&["migrate"]);
    assert!(
        run.failure().contains("does not exist") && !run.stderr.contains(" at line "),
        "{run:?}"
    );
}
