//! A running service enforces each change when its command has returned.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{field, text, with_organizations};
use crate::program::{Serving, shell};

/// Lists the models with the key. Returns the status and the ids.
fn list(service: &Serving, key: &str) -> (u64, Vec<String>) {
    let url = format!("http://{}/v1/models", service.address);
    let response = shell(&format!(
        "curl -s -w '\\n%{{http_code}}' -H 'Authorization: Bearer {key}' {url}"
    ));
    let (body, status) = response.rsplit_once('\n').unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let ids = if body["data"].is_array() {
        field(&body["data"], "id")
    } else {
        vec![]
    };
    let ids = ids.into_iter().map(str::to_owned).collect();
    (status.parse().unwrap(), ids)
}

#[test]
fn the_service_enforces_a_change_when_its_command_returns() {
    let program = with_organizations().with("MODELS__BOOTSTRAP", "false");
    let models = r#"[{"id":"a","created":1},{"id":"b","created":2}]"#;
    assert!(
        program
            .run_with(&["model", "import", "-"], models)
            .succeeded
    );
    program.json_line("project create --organization acme --name Production --id production");
    let create =
        "service-account create --project production --name ci --role member --id ci --with-key";
    let created = program.json_line(create);
    let (key, id) = (text(&created, "value"), text(&created["key"], "id"));
    let other = program.json_line("key create --organization acme --role reader --name other");
    let other = text(&other, "value");
    let service = program.serve();
    let deadline = Instant::now() + Duration::from_secs(30);
    while list(&service, &key).0 != 200 {
        assert!(Instant::now() < deadline, "{:?}", service.log());
    }

    let seen = |key: &str| list(&service, key);
    let (all, refused): (_, (u64, Vec<String>)) =
        ((200, vec!["a".to_owned(), "b".to_owned()]), (401, vec![]));
    let forbidden: (u64, Vec<String>) = (403, vec![]);
    let run = |line: &str| {
        let run = program.run_line(line);
        assert!(run.succeeded, "{line}: {run:?}");
    };
    assert_eq!((seen(&key), seen(&other)), (all.clone(), all.clone()));
    run("permissions set --project production --mode allow_list b");
    let only_b = (200, vec!["b".to_owned()]);
    assert_eq!((seen(&key), seen(&other)), (only_b, all.clone()));
    run("permissions set --organization acme --mode deny_list b");
    let only_a = (200, vec!["a".to_owned()]);
    assert_eq!((seen(&key), seen(&other)), ((200, vec![]), only_a));
    run("permissions clear --project production");
    run("permissions clear --organization acme");
    assert_eq!((seen(&key), seen(&other)), (all.clone(), all.clone()));

    run(&format!("key update {id} --scope api.delete"));
    assert_eq!(seen(&key), forbidden, "no scope to read");
    run(&format!("key update {id} --all-scopes"));
    run("service-account update ci --project production --role none");
    assert_eq!(seen(&key), forbidden, "no role");
    run("service-account update ci --project production --role member");
    assert_eq!(seen(&key), all);

    run("organization disable acme");
    assert_eq!(
        (seen(&key), seen(&other)),
        (refused.clone(), refused.clone())
    );
    run("organization enable acme");
    assert_eq!((seen(&key), seen(&other)), (all.clone(), all.clone()));

    let rotated = program.json(&["key", "rotate", &id, "--grace", "0s"]);
    assert_eq!(seen(&key), refused);
    let rotated = text(&rotated, "value");
    assert_eq!(seen(&rotated), all);
    run("project archive production");
    assert_eq!((seen(&rotated), seen(&other)), (refused, all));
    assert_eq!(
        program.json_line("key list --service-account ci")[0]["revoked_at"],
        json!(null)
    );
}
