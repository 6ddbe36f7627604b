//! Lists of other servers. Each file in `tests/inputs` represents one kind.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Program, Run};

const INPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inputs");

/// The expected outcome of an import.
enum Outcome {
    /// The import adds these models and prints these notes. A model is `id created owned_by shutdown_date`, with `-` for
    /// no date and `now` for the time of the import.
    Adds(&'static [&'static str], &'static [&'static str]),
    /// The import fails with a message that begins like this, and adds nothing.
    Fails(&'static str),
}
use Outcome::{Adds, Fails};

const SYSTEM: &str = "system";

#[rustfmt::skip]
const OUTCOMES: &[(&str, &[&str], Outcome)] = &[
    ("anthropic-page.json", &[], Fails("nothing was imported, because the list has further pages: `has_more` is true. Fetch the whole list")),
    ("anthropic-page.json", &["--partial"], Adds(&["claude-x 1739923200 system 2027-02-01"], &[])),
    ("azure.json", &[], Adds(&["gpt-x 1760000000 system 2027-05-11"], &[])),
    ("blank-in-id.json", &[], Fails("nothing was imported; --skip-invalid leaves these entries out:
  entry 1 (`qwen-32b `): a model id must not end with white space: U+0020 (space) at character 9
  entry 2 (`\\u{200b}`): a model id must not hold U+200B (zero width space) at character 1
  entry 3 (`a\\u{ad}b`): a model id must not hold U+00AD (soft hyphen) at character 2
  entry 4 (` `): a model id must not begin with white space: U+0020 (space) at character 1")),
    ("blank-in-id.json", &["--skip-invalid"], Fails("nothing was imported, because none of the 4 entries is valid; entry 1 (`qwen-32b `): ")),
    ("created-float.json", &[], Adds(&["a 1744857525 x -", "b 1744857525 x -", "c 1772195752 x -"],
        &["created: 1 value had a fraction, which was dropped"])),
    ("created-milliseconds.json", &[], Adds(&["a 1694610718 x -", "b 1760000000 x -"],
        &["created: 1 value in milliseconds was converted"])),
    ("created-text.json", &[], Adds(&["a 1744857525 x -", "b 1744857525 x -", "c now x -"], &[
        "created: 1 number in quotes was converted",
        "created: 1 date was converted to Unix seconds",
        "created: 1 value could not be read and was left out (first: entry 3 (`c`): must be Unix seconds from 0 to 4294967295, \
         milliseconds, or an ISO 8601 date or date-time)",
    ])),
    ("gemini.json", &[], Fails("nothing was imported, because the list has further pages: `nextPageToken` is present. Fetch")),
    ("gemini.json", &["--partial"], Adds(&["g-x now system -"], &[])),
    ("list.json.gz", &[], Adds(&["a 1 x -"], &[])),
    ("mistral.json", &[], Adds(&["m-small 1760000000 m 2027-11-30"], &[])),
    ("more-pages.json", &[], Fails("nothing was imported, because the list has further pages: `has_more` is true. Fetch")),
    ("more-pages.json", &["--partial"], Adds(&["a 1 x -"], &[])),
    ("ollama-tags.json", &[], Adds(&["m:latest now system -"], &[])),
    ("openrouter.json", &[], Adds(&["org/model-a 1760000000 system 2027-03-31"], &[])),
    ("owned-by-empty.json", &[], Adds(&["a 0 system -", "b 0 x -", "c 1 system -"], &[
        "owned_by: 1 value had white space at an end, which was removed",
        "owned_by: 1 value could not be read and was left out (first: entry 3 (`c`): must be a string)",
    ])),
    ("private-fine-tunes.json", &[], Adds(&[
        "davinci:ft-acme-2023-01-07-20-54-19 1 x -", "curie:ft-personal:s-2022-05-01-10-00-00 1 x -",
        "FT:gpt-x:acme::AbCdEf12 1 x -", "openai/ft:gpt-x:acme::AbCdEf12 1 x -",
        "gpt-x-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678 1 x -",
    ], &["warning: 5 of these are fine-tuned models (such as `davinci:ft-acme-2023-01-07-20-54-19`), \
          and without --organization every organization sees them"])),
    ("shutdown-date-forms.json", &[], Adds(&["a 1 x -", "b 1 x 2027-10-23", "c 1 x 2027-10-24"], &[
        "shutdown_date: 1 date-time was reduced to the day, in UTC",
        "shutdown_date: 1 Unix time was converted to the day, in UTC",
    ])),
    ("together-array.json", &[], Adds(&["org/model-a 0 Org -"], &[])),
    ("two-uses-of-a-key.json", &[], Fails("nothing was imported; --skip-invalid leaves these entries out:\n  entry 1: `id` appears twice")),
    ("upstream-error.html", &[], Fails("this is an HTML or XML page with the title `404 Not Found`, not a list of models; ")),
    ("upstream-error.json", &[], Fails("the server responded with an error instead of a list: Incorrect API key provided (invalid_api_key)")),
    ("utf16.json", &[], Adds(&["a 1 x -"], &[])),
    ("vllm.json", &[], Adds(&["/models/x-7b 1760000000 vllm -"], &[])),
];

fn import(program: &Program, file: &str, flags: &[&str]) -> Run {
    let input = std::fs::read(Path::new(INPUTS).join(file)).unwrap();
    program.run_with(&[&["model", "import", "-"], flags].concat(), &input)
}

/// The models of the catalog in the form of the table, sorted.
fn models(program: &Program, expected: &[&str]) -> BTreeSet<String> {
    let line = |model: &Value| {
        let id = model["id"].as_str().unwrap();
        let is_now = expected.contains(&format!("{id} now {SYSTEM} -").as_str())
            || expected.contains(&format!("{id} now x -").as_str());
        let created = model["created"].as_u64().unwrap();
        let created = if is_now && created > 1_790_000_000 {
            "now".to_owned()
        } else {
            created.to_string()
        };
        let owner = model["owned_by"].as_str().unwrap();
        format!(
            "{id} {created} {owner} {}",
            model["shutdown_date"].as_str().unwrap_or("-")
        )
    };
    let list = program.json(&["model", "list"]);
    list.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn lists_of_other_servers_are_imported_as_expected() {
    for (file, flags, outcome) in OUTCOMES {
        let program = Program::on_sqlite();
        program.json(&["migrate"]);
        let run = import(&program, file, flags);
        match outcome {
            Fails(beginning) => {
                let beginning = format!("standard input: {beginning}");
                assert!(run.failure().starts_with(&beginning), "{file}: {run:?}");
                assert_eq!(models(&program, &[]), BTreeSet::new(), "{file}");
            }
            Adds(expected, notes) => {
                let count = expected.len();
                let counts =
                    format!("{count} created, 0 updated, 0 unchanged, 0 refused (public)\n");
                assert_eq!(run.stdout, counts, "{file}: {run:?}");
                let notes: Vec<String> = notes
                    .iter()
                    .map(|note| match note.strip_prefix("warning") {
                        Some(_) => (*note).to_owned(),
                        None => format!("standard input: {note}"),
                    })
                    .collect();
                let (changed, printed): (Vec<&str>, Vec<&str>) = run
                    .stderr
                    .lines()
                    .partition(|line| line.starts_with("changed: "));
                assert_eq!(printed, notes, "{file}");
                assert_eq!(changed.len(), 1, "{file}: {run:?}");
                let lines = expected.iter().map(|line| (*line).to_owned()).collect();
                assert_eq!(models(&program, expected), lines, "{file}");
                let again = import(&program, file, flags);
                let unchanged =
                    format!("0 created, 0 updated, {count} unchanged, 0 refused (public)\n");
                assert_eq!(again.stdout, unchanged, "{file} a second time");
                assert!(!again.stderr.contains("changed: "), "{again:?}");
            }
        }
    }
}

#[test]
fn every_input_file_is_used() {
    let used: BTreeSet<String> = OUTCOMES
        .iter()
        .map(|(file, ..)| (*file).to_owned())
        .collect();
    let files = std::fs::read_dir(INPUTS).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), used);
}

#[test]
fn a_key_in_an_upstream_error_is_masked() {
    let program = Program::on_sqlite();
    let key = "sk-proj-abcdefghijklmnopqrstuvwxyz";
    for input in [
        format!(r#"{{"error":{{"message":"Incorrect API key provided: {key}."}}}}"#),
        format!(r#"{{"error":"no such key: {key}"}}"#),
        format!(r#"{{"success":false,"result":null,"errors":[{{"code":7,"message":"{key}"}}]}}"#),
        format!(r#"{{"detail":"{key}"}}"#),
        format!("no such key: {key}"),
        format!("<title>{key}</title>"),
        format!(r#"[{{"id":" {key}"}}]"#),
    ] {
        let run = program.run_with(&["model", "import", "-"], &input);
        let message = run.failure();
        assert!(
            message.contains("sk-...") && !message.contains(key),
            "{input}: {message}"
        );
    }
}

#[test]
fn a_url_is_not_a_file() {
    let program = Program::on_sqlite();
    program.json(&["migrate"]);
    for url in [
        "https://api.openai.com/v1/models?key=secret",
        "HTTP://x/v1/models",
    ] {
        let refused = program.run(&["model", "import", url]);
        let message = refused.failure();
        assert!(
            message
                .starts_with("FILE is a URL, and this command does not fetch URLs; write: curl "),
            "{message}"
        );
        assert!(
            message.ends_with("URL | models-api model import -"),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }
}

#[test]
fn a_null_shutdown_date_keeps_the_stored_one() {
    let program = Program::on_sqlite();
    let date = |list: &str| {
        program.run_with(&["model", "import", "-"], list);
        program.json(&["model", "show", "a"])["shutdown_date"].clone()
    };
    assert_eq!(
        date(r#"[{"id":"a","shutdown_date":"2027-01-31"}]"#),
        "2027-01-31"
    );
    assert_eq!(date(r#"[{"id":"a","shutdown_date":null}]"#), "2027-01-31");
    assert_eq!(date(r#"[{"id":"a","shutdown_date":""}]"#), "2027-01-31");
    assert_eq!(
        date(r#"[{"id":"a","expiration_date":"2028-01-31"}]"#),
        "2028-01-31"
    );
}

/// The test holds back the end of the list, so that the process still runs when the test reads its memory.
#[test]
fn a_large_list_is_not_held_in_memory() {
    const SIZE: usize = 64 << 20;
    let program = Program::on_sqlite();
    program.json(&["migrate"]);
    let mut child = program
        .command(&["model", "import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{\"object\":\"list\",\"data\":[").unwrap();
    let description = "d".repeat(4_000);
    for number in 0..SIZE / description.len() {
        let entry = format!(
            r#"{{"id":"vendor/model-{number}","created":1760000000,"owned_by":"x","description":"{description}"}},"#
        );
        input.write_all(entry.as_bytes()).unwrap();
    }
    let highest = highest_memory(child.id());
    input.write_all(b"{\"id\":5}]}").unwrap();
    drop(input);
    let run = Run::from(child.wait_with_output().unwrap());
    assert!(run.failure().contains("`id` must be a string"), "{run:?}");
    assert!(
        highest < SIZE / 4 * 3,
        "{highest} bytes for a list of {SIZE}"
    );
}

/// The peak memory of the process, in bytes.
fn highest_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}
