//! The commands in the `console` blocks of the documents run, and print the output that the documents show.

use std::path::Path;
use std::process::{Command, Stdio};

use super::text::{Document, root};
use crate::program::Program;

/// A command of a document, and its output.
struct Example {
    command: String,
    output: String,
}

fn examples(file: &str) -> Vec<Example> {
    let document = Document::read(&root().join(file));
    let mut examples: Vec<Example> = vec![];
    for line in document.blocks("console") {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example {
                command: command.to_owned(),
                output: String::new(),
            });
        } else {
            let last = examples.last_mut().unwrap();
            last.output += line;
            last.output.push('\n');
        }
    }
    examples
}

#[test]
fn the_examples_of_administration_and_configuration_run() {
    for (file, count) in [("docs/administration.md", 30), ("docs/configuration.md", 1)] {
        let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
        let examples = examples(file);
        assert!(examples.len() >= count, "{file}: {}", examples.len());
        for example in examples {
            compare(file, &program, &example, &example.command);
        }
    }
}

#[test]
fn the_examples_of_getting_started_and_the_readme_run() {
    for (file, count, start) in [("docs/getting-started.md", 6, 8), ("README.md", 1, 4)] {
        let program = Program::on_sqlite();
        let service = program.serve();
        let arguments = "key create --organization default --role owner --name another";
        let created = program.run(&arguments.split(' ').collect::<Vec<_>>());
        let key = created.stdout.trim_end().rsplit('\n').next().unwrap();
        let examples = examples(file);
        assert!(examples.len() >= count, "{file}: {}", examples.len());
        for example in examples {
            let command = example
                .command
                .replace("127.0.0.1:8080", &service.address)
                .replace("127.0.0.1:8081", &service.operations)
                .replace("$OPENAI_API_KEY", key);
            compare(file, &program, &example, &with_key(&command, key));
        }
        let (is_good, printed) = service.stop("-TERM");
        let document = Document::read(&root().join(file));
        let shown: Vec<_> = document
            .blocks("")
            .skip_while(|line| !line.starts_with("The database is new"))
            .take(start)
            .collect();
        assert!(is_good && shown.len() == start, "{file}");
        assert!(
            masked(&printed).contains(&masked(&shown.join("\n"))),
            "{file}: {printed}"
        );
    }
}

/// Runs the command in the program's directory, and compares its output with the document.
fn compare(file: &str, program: &Program, example: &Example, command: &str) {
    let template = program.command(&[]);
    let folder = Path::new(template.get_program()).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let variables = template.get_envs();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(&program.directory)
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let errors: String = text(&output.stderr)
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("changed: ") && !line.starts_with("  % Total"))
        .collect();
    let mut printed = text(&output.stdout) + &errors;
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    assert_eq!(
        masked(&printed),
        masked(&example.output),
        "{file}: {command}"
    );
}

/// Replaces the document's key with this key.
fn with_key(command: &str, key: &str) -> String {
    match command.split_once("sk-mdl-") {
        Some((before, rest)) if !command.contains(key) => {
            let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
            format!("{before}{key}{rest}")
        }
        Some(_) | None => command.to_owned(),
    }
}

/// Masks the parts that differ between runs: ids, secrets and the schema version.
fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for prefix in [
        "org-",
        "key_",
        "proj_",
        "svc_acct_",
        "sk-mdl-",
        "sk-admin-",
        "\"schema_version\":",
    ] {
        let mut parts = text.split(prefix);
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            done += prefix;
            done += part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
        }
        text = done;
    }
    text
}
