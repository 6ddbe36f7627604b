//! The administration API: the Python SDK's own tests, unmodified, and a script with each SDK.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{PUBLIC, import, installed, sources};
use crate::program::Program;

/// The directory of the SDK's tests of the administration API.
const DIRECTORY: &str = "tests/api_resources/admin/organization/";

/// The files of tests, and the number of test functions in each.
const TESTS: [(&str, usize); 7] = [
    ("test_audit_logs.py", 8),
    ("projects/test_model_permissions.py", 24),
    ("test_projects.py", 42),
    ("projects/test_api_keys.py", 36),
    ("projects/test_service_accounts.py", 46),
    ("projects/service_accounts/test_api_keys.py", 10),
    ("test_admin_api_keys.py", 32),
];

/// Half of the functions test the sync client: loose and strict. The others test the async client: loose, strict and
/// with aiohttp.
fn tests(functions: usize) -> usize {
    functions / 2 * (2 + 3)
}

/// Creates the resources whose ids the SDK's tests contain, and the keys of the tests.
fn prepare(program: &Program) {
    let run = |line: &str, input: &str| {
        let run = program.run_with(&line.split(' ').collect::<Vec<_>>(), input);
        assert!(run.succeeded, "{line}: {run:?}");
    };
    let lines = [
        "organization create --slug sdk --name SDK",
        "project create --organization sdk --id project_id --name fixture",
        "service-account create --project project_id --id service_account_id --name fixture --role member",
        "admin-key create --organization sdk --id key_id --name fixture",
    ];
    for line in lines {
        run(line, "");
    }
    let secret = "--allow-weak --secret-file -";
    let key = "key create --project project_id --service-account service_account_id --id api_key_id --name fixture";
    run(&format!("{key} {secret}"), "My API Key");
    let admin_key = "admin-key create --organization sdk --name tests";
    run(&format!("{admin_key} {secret}"), "My Admin API Key");
    // The tests of the audit log come first and read its newest page. They accept no types but OpenAI's.
    for number in 0..20 {
        let rename = format!("project rename project_id --name fixture-{number}");
        run(&rename, "");
    }
}

#[test]
fn the_python_sdks_own_tests_of_administration_pass() {
    let program = Program::on_sqlite();
    prepare(&program);
    let python = installed("MODELS_TEST_PYTHON");
    // `cargo xtask test` unpacks the SDK's source distribution here.
    let environment = python.parent().and_then(Path::parent).unwrap();
    let output = Command::new(&python)
        .args(["-m", "pytest", "-v", "-p", "admin_fixtures"])
        // The SDK's options need more packages.
        .args(["-o", "addopts=", "-p", "no:cacheprovider", "--tb=short"])
        .args(TESTS.map(|(file, _)| format!("{DIRECTORY}{file}")))
        .current_dir(environment.join("sources"))
        .env("PYTHONPATH", sources().join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SDK_TESTS_PROGRAM", env!("CARGO_BIN_EXE_models-api"))
        .env("SDK_TESTS_DIRECTORY", program.directory.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    for (file, functions) in TESTS {
        let prefix = format!("{DIRECTORY}{file}::");
        let of_file = text.lines().filter(|line| line.starts_with(&prefix));
        let passed = of_file.filter(|line| line.contains(" PASSED")).count();
        assert_eq!(passed, tests(functions), "{file}\n{text}");
        println!("{file}: {passed} passed");
    }
}

/// Runs a script to its end. The organization of its admin key has no models of its own.
async fn run(mut script: Command) {
    let program = Program::on_postgres().await;
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    import(&program, &[], &PUBLIC);
    let create = "admin-key create --organization acme --name first";
    let admin_key = program.json(&create.split(' ').collect::<Vec<_>>());
    let service = program.serve();
    let given = json!({
        "base_url": format!("http://{}/v1", service.address),
        "admin_key": admin_key["value"],
        "public": PUBLIC,
    });
    let output = script.arg(given.to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_default();
    assert!(
        output.status.success() && last.ends_with(" checks passed"),
        "{text}{errors}"
    );
    println!("{}: {last}", script.get_program().display());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_administers_a_project_for_its_whole_life() {
    let mut python = Command::new(installed("MODELS_TEST_PYTHON"));
    python.arg(sources().join("python/admin_life.py"));
    run(python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_administers() {
    // Node resolves the SDK from the directory of the script.
    let script = installed("MODELS_TEST_NODE_DIRECTORY").join("admin.mjs");
    std::fs::copy(sources().join("node/admin.mjs"), &script).unwrap();
    let mut node = Command::new("node");
    node.arg(script);
    run(node).await;
}
