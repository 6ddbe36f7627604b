//! The HTTP client of the JDK, which langchain4j and Spring AI use. It offers HTTP/2 with each request to a URL without
//! TLS. `cargo xtask test` installs a JDK; without one, this test fails.

use std::path::Path;
use std::process::Command;

use crate::program::Program;

const MODELS: usize = 20;

#[test]
fn the_jdks_client_retrieves_and_deletes() {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role owner --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>());
    let ids: Vec<String> = (0..MODELS)
        .map(|number| format!(r#"{{"id":"m{number}"}}"#))
        .collect();
    let import = ["model", "import", "-", "--organization", "acme"];
    assert!(
        program
            .run_with(&import, &format!("[{}]", ids.join(",")))
            .succeeded
    );
    let service = program.serve();
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jdk/Probe.java");
    let output = Command::new("java")
        .arg(probe)
        .arg(format!("http://{}", service.address))
        .args([key["value"].as_str().unwrap(), &MODELS.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("java (`cargo xtask test` installs it): {error}"));
    let printed = String::from_utf8_lossy(&output.stdout);
    let lines = [
        "GET 200 HTTP_1_1",
        "DELETE 200 HTTP_1_1",
        "GET 404 HTTP_1_1",
    ];
    let expected = (lines.join("\n") + "\n").repeat(MODELS);
    assert_eq!(
        printed,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
