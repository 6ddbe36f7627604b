//! The URL of the database: refused parameters, and the report about encryption.

use std::net::UdpSocket;

use test_database::PasswordServer;

use crate::program::Program;

const URL: &str = "MODELS__DATABASE__URL";

#[test]
fn a_parameter_that_takes_no_effect_is_refused_by_all_commands() {
    for (query, expected) in [
        (
            "sslmod=require",
            "takes no effect: `sslmod` (did you mean `sslmode`?)",
        ),
        ("ssl=true", "takes no effect: `ssl` (write sslmode=require"),
        (
            "ssl_mode=require",
            "takes no effect: `ssl_mode` (write sslmode)",
        ),
        (
            "sslmode=require&sslmode=disable",
            "has the parameter `sslmode` twice",
        ),
        ("sslmode=sometimes", "the database URL cannot be read"),
    ] {
        let url = format!("postgres://me:h1dden-w0rd@127.0.0.1:1/x?{query}");
        let program = Program::on_sqlite().with(URL, &url);
        for command in [
            &["config", "check"][..],
            &["key", "list"],
            &["serve"],
            &["migrate"],
        ] {
            let run = program.run(command);
            let failure = run.failure();
            assert!(
                failure.contains(expected) && failure.contains(URL) && !failure.contains("h1dden"),
                "{command:?}: {failure}"
            );
        }
    }
    let program = Program::on_sqlite()
        .with(URL, "postgres://me@127.0.0.1:1/x")
        .with("PGSSLMODE", "required");
    let run = program.run(&["config", "check"]);
    assert!(
        run.failure().contains("the variable PGSSLMODE must be"),
        "{run:?}"
    );
}

#[tokio::test]
async fn config_check_reports_whether_the_connection_is_encrypted() {
    let start = async |url: &str| {
        let program = Program::on_sqlite()
            .with(URL, url)
            .with("MODELS__BOOTSTRAP", "false");
        let note = program.run(&["config", "check"]).stderr;
        let service = program.serve();
        let log = service.log();
        let is_warned =
            format!("{log:?}").contains("is not encrypted, and the server is another machine");
        (
            note,
            log[0]["encryption"].as_str().unwrap().to_owned(),
            is_warned,
        )
    };
    let secret = "a-long-enough-password";
    let server = PasswordServer::start_encrypted(secret).await;
    let url = |host: &str, query: &str| {
        let url = server
            .url()
            .replace("models@", &format!("models:{secret}@"));
        format!("{}{query}", url.replace("127.0.0.1", host))
    };
    let (note, logged, is_warned) = start(&url("127.0.0.1", "")).await;
    assert_eq!(note, "note: the connection to the database is encrypted\n");
    assert_eq!((logged.as_str(), is_warned), ("tls", false));
    let (note, logged, is_warned) = start(&url("127.0.0.1", "?sslmode=disable")).await;
    assert!(note.contains("does not leave this machine"), "{note}");
    assert_eq!((logged.as_str(), is_warned), ("none, same machine", false));
    // For the program, a socket address of this machine other than loopback belongs to another machine.
    let Some(host) = outside() else {
        println!("this machine has no other address");
        return;
    };
    let (note, logged, is_warned) = start(&url(&host, "?sslmode=disable")).await;
    assert!(
        note.starts_with("warning: the connection to the database is not encrypted"),
        "{note}"
    );
    assert_eq!((logged.as_str(), is_warned), ("none", true));

    let run = Program::on_sqlite()
        .with(URL, "postgres://me@127.0.0.1:1/x")
        .run(&["config", "check"]);
    assert!(
        run.succeeded,
        "an unreachable server is not an error of the settings"
    );
    assert!(
        run.stderr
            .contains("is encrypted: cannot connect to postgres://127.0.0.1:1/x"),
        "{run:?}"
    );
}

/// Returns an address of this machine other than loopback. Connecting a UDP socket sends no packet.
fn outside() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}
