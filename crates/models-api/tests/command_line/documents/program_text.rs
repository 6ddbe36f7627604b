//! The messages, metrics and alerts that the documents name exist.

use std::path::Path;

use super::text::{documents, root};

#[test]
fn messages_that_the_documents_name_exist() {
    let sources = sources();
    let mut named = 0;
    for document in documents() {
        for code in document
            .inline_code()
            .iter()
            .filter(|code| is_message(code))
        {
            named += 1;
            let missing = code
                .split('…')
                .map(str::trim)
                .find(|part| !sources.contains(part));
            assert_eq!(missing, None, "{}: {code}", document.name());
        }
    }
    assert!(named > 15, "{named} messages");
}

#[test]
fn metrics_and_alerts_that_the_documents_name_exist() {
    let sources = sources();
    let alerts = std::fs::read_to_string(root().join("config/alerts.yml")).unwrap();
    let mut named = 0;
    for document in documents() {
        for code in document.inline_code() {
            let name = code.split(['{', '*']).next().unwrap_or_default();
            let (there, is_name) =
                if name.starts_with("models_") || name.starts_with("http_server_") {
                    (sources.contains(name), true)
                } else if name.starts_with("Models") && name.chars().all(char::is_alphabetic) {
                    (alerts.contains(&format!("alert: {name}\n")), true)
                } else {
                    (true, false)
                };
            assert!(there, "{}: {code}", document.name());
            named += usize::from(is_name);
        }
    }
    assert!(named > 20, "{named} metrics and alerts");
}

/// Whether the text is a message: at least three words, and neither a command nor code.
fn is_message(code: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || " …;,?.'-".contains(letter);
    let is_argument = |word: &str| word.len() > 1 && word.chars().all(char::is_uppercase);
    let mut words = code.split(' ');
    words.clone().count() > 2
        && code.chars().all(is_plain)
        && !["models-api", "cargo", "docker"].contains(&words.next().unwrap_or_default())
        && !code
            .split(' ')
            .any(|word| is_argument(word) || word.starts_with("--"))
}

/// The sources of the product as one text, without backticks and without line ends in strings.
fn sources() -> String {
    let mut text = String::new();
    for name in ["models-core", "models-store", "models-node", "models-api"] {
        read(&root().join("crates").join(name).join("src"), &mut text);
    }
    let parts = text.split("\\\n").map(str::trim_start);
    parts.collect::<String>().replace('`', "")
}

fn read(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &std::fs::read_to_string(path).unwrap();
        }
    }
}
