//! Signals to the service.

use std::process::Stdio;
use std::time::Duration;

use crate::program::{Program, Serving, shell};

/// Starts a deletion that waits at the barrier. Its output is the status.
fn start_slow_deletion(service: &Serving, key: &str) -> std::process::Child {
    let (address, key) = (service.address.clone(), key.to_owned());
    std::process::Command::new("curl")
        .args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-X",
            "DELETE",
        ])
        .args(["-H", &format!("Authorization: Bearer {key}")])
        .arg(format!("http://{address}/v1/models/own"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A service with a model and a second node that is paused. Deleting the model takes as long as the lease.
fn with_a_silent_node() -> (Program, Serving, Serving, String) {
    let program = Program::on_sqlite()
        .with("MODELS__BOOTSTRAP", "false")
        .with("MODELS__CONSISTENCY__LEASE", "5");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role owner --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>())["value"].clone();
    let import = ["model", "import", "-", "--organization", "acme"];
    assert!(program.run_with(&import, r#"[{"id":"own"}]"#).succeeded);
    let (service, silent) = (program.serve(), program.serve());
    let ready = || {
        let url = format!("http://{}/health/ready", silent.operations);
        shell(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {url} || true"
        )) == "200"
    };
    while !ready() {
        std::thread::sleep(Duration::from_millis(10));
    }
    silent.signal("-STOP");
    (program, service, silent, key.as_str().unwrap().to_owned())
}

/// Several signals arrive at once, as from a terminal that is closed.
#[test]
fn a_hangup_finishes_requests_in_flight() {
    let (_program, service, _silent, key) = with_a_silent_node();
    let deletion = start_slow_deletion(&service, &key);
    std::thread::sleep(Duration::from_millis(500));
    for signal in ["-HUP", "-INT", "-HUP"] {
        service.signal(signal);
    }
    let (ended_well, _) = service.stop("-TERM");
    assert!(ended_well);
    let status = deletion.wait_with_output().unwrap().stdout;
    assert_eq!(String::from_utf8(status).unwrap(), "200");
}

#[test]
fn a_second_signal_after_a_second_ends_the_service_at_once() {
    let (_program, service, _silent, key) = with_a_silent_node();
    let deletion = start_slow_deletion(&service, &key);
    std::thread::sleep(Duration::from_millis(500));
    service.signal("-TERM");
    std::thread::sleep(Duration::from_millis(1_500));
    let (ended_well, _) = service.stop("-HUP");
    assert!(!ended_well);
    let status = deletion.wait_with_output().unwrap().stdout;
    assert_eq!(String::from_utf8(status).unwrap(), "000");
}

#[test]
fn a_service_under_nohup_survives_a_hangup() {
    let program = Program::on_sqlite();
    let nohup = shell("command -v nohup");
    let service = program.serve_with(&[nohup.trim()]);
    service.signal("-HUP");
    std::thread::sleep(Duration::from_millis(500));
    shell(&format!(
        "curl -sf http://{}/health/live",
        service.operations
    ));
    assert!(service.stop("-TERM").0);
}
