//! The files, headings, commands, options and settings that the documents name exist, and their examples run.

mod examples;
mod program_text;
mod settings;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use self::text::{Document, documents, root};
use crate::program::Program;

#[test]
fn the_readme_is_at_most_10_kilobytes() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.len() <= 10_000, "{} bytes", readme.len());
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut checked = 0;
    let mut broken = vec![];
    for document in documents() {
        for link in document.links() {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if file.contains("://") {
                continue;
            }
            checked += 1;
            let target = if file.is_empty() {
                document.path.clone()
            } else {
                document.path.parent().unwrap().join(file)
            };
            let leads = if anchor.is_empty() {
                target.exists()
            } else {
                target.is_file() && Document::read(&target).anchors().contains(anchor)
            };
            if !leads {
                broken.push(format!("{}: {link}", document.name()));
            }
        }
    }
    assert!(checked > 100, "{checked} links");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_document_is_in_the_index() {
    let index = Document::read(&root().join("docs/README.md"));
    let links: BTreeSet<_> = index.links().into_iter().collect();
    let names = documents().into_iter().filter_map(|document| {
        let name = document.path.strip_prefix(root().join("docs")).ok()?;
        Some(name.to_str().unwrap().to_owned())
    });
    let missing: Vec<_> = names
        .filter(|name| name != "README.md" && !links.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn files_that_the_documents_name_exist() {
    const FOLDERS: [&str; 6] = [
        ".ci/",
        ".github/",
        "config/",
        "crates/",
        "docs/",
        "migrations/",
    ];
    let mut named = 0;
    for document in documents() {
        for code in document.inline_code() {
            let is_path = FOLDERS.iter().any(|folder| code.starts_with(folder));
            if !is_path || code.contains(['{', '*', ' ']) {
                continue;
            }
            named += 1;
            assert!(root().join(&code).exists(), "{}: {code}", document.name());
        }
    }
    assert!(named > 10, "{named} files");
}

#[test]
fn commands_and_options_that_the_documents_name_exist() {
    let program = Program::on_sqlite();
    let mut helps = BTreeMap::new();
    for document in documents() {
        for line in document.command_lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let is_name = |word: &&&str| {
                word.chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '-')
            };
            let names: Vec<&str> = words
                .iter()
                .take_while(|word| !word.starts_with('-'))
                .take_while(is_name)
                .copied()
                .collect();
            // A command has at most two words. In `model delete gpt`, the third is an argument that looks like a name, and in
            // `completion bash` the second.
            let most = if names.first() == Some(&"completion") {
                1
            } else {
                2
            };
            let names = &names[..names.len().min(most)];
            if names.first() == Some(&"help") {
                continue;
            }
            let help = helps.entry(names.join(" ")).or_insert_with(|| {
                let arguments = [&["help"], names].concat();
                let run = program.run(&arguments);
                assert!(run.succeeded, "{}: models-api {line}", document.name());
                run.stdout
            });
            for option in words.iter().filter(|word| word.starts_with("--")) {
                let option = option.trim_end_matches(|letter: char| !letter.is_ascii_lowercase());
                assert!(
                    help.contains(option),
                    "{}: models-api {line}: {option}",
                    document.name()
                );
            }
        }
    }
    assert!(helps.len() > 15, "{:?}", helps.keys());
}

#[test]
fn settings_that_the_documents_name_exist() {
    let settings: BTreeSet<_> = settings::defaults()
        .into_iter()
        .map(|row| row.key)
        .collect();
    let sections: BTreeSet<_> = settings
        .iter()
        .filter_map(|key| Some(key.split_once('.')?.0))
        .collect();
    let mut named = 0;
    for document in documents() {
        let written = document.inline_code().into_iter().filter(|code| {
            let (section, key) = code.split_once('.').unwrap_or_default();
            let is_key = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            sections.contains(section) && key != "rs" && key.chars().all(is_key)
        });
        let variables = document.variables().into_iter().map(|name| {
            let name = name.trim_start_matches("MODELS__").to_lowercase();
            name.replace("__", ".")
        });
        for setting in written.chain(variables) {
            if setting == "section.key" {
                continue;
            }
            named += 1;
            assert!(
                settings.contains(&setting),
                "{}: {setting}",
                document.name()
            );
        }
    }
    assert!(named > 100, "{named} settings");
}

/// The document has each command in the program's help.
#[test]
fn the_administration_document_has_every_command() {
    let page = Document::read(&root().join("docs/administration.md"));
    let named: BTreeSet<String> = page.command_lines().into_iter().collect();
    let program = Program::on_sqlite();
    for command in subcommands(&program, &[]) {
        let inner = subcommands(&program, &[&command]);
        let all = if inner.is_empty() {
            vec![command]
        } else {
            let lines = inner.iter().map(|name| format!("{command} {name}"));
            lines.collect()
        };
        for command in all {
            let is_named = named
                .iter()
                .any(|line| *line == command || line.starts_with(&format!("{command} ")));
            assert!(is_named, "{command}");
        }
    }
}

/// The names below `Commands:` in the help of this command.
fn subcommands(program: &Program, of: &[&str]) -> Vec<String> {
    let help = program.run(&[&["help"], of].concat()).stdout;
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    list.take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}
