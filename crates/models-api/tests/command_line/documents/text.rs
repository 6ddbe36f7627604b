//! A reader of Markdown for the tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A Markdown file.
pub struct Document {
    pub path: PathBuf,
    lines: Vec<Line>,
}

struct Line {
    text: String,
    /// The language of the code block that the line is in.
    block: Option<String>,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All documents of the repository.
pub fn documents() -> Vec<Document> {
    let mut paths = vec![
        root().join("README.md"),
        root().join("crates/models-node/README.md"),
    ];
    for folder in ["docs", ".github", ".github/ISSUE_TEMPLATE"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| Document::read(path))
        .collect()
}

impl Document {
    pub fn read(path: &Path) -> Self {
        let mut block = None;
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|text| {
            if let Some(language) = text.trim_start().strip_prefix("```") {
                block = block.is_none().then(|| language.to_owned());
                return None;
            }
            Some(Line {
                text: text.to_owned(),
                block: block.clone(),
            })
        });
        Self {
            path: path.to_owned(),
            lines: lines.collect(),
        }
    }

    /// The path in the repository.
    pub fn name(&self) -> String {
        let path = self.path.strip_prefix(root()).unwrap_or(&self.path);
        path.display().to_string()
    }

    /// The lines of the code blocks in this language.
    pub fn blocks<'a>(&'a self, language: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.lines.iter();
        lines
            .filter(move |line| line.block.as_deref() == Some(language))
            .map(|line| line.text.as_str())
    }

    fn prose(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().filter(|line| line.block.is_none());
        lines.map(|line| line.text.as_str())
    }

    /// The targets of the links.
    pub fn links(&self) -> Vec<String> {
        self.prose()
            .flat_map(|line| line.split("](").skip(1))
            .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
            .collect()
    }

    /// The anchors that GitHub generates for the headings.
    pub fn anchors(&self) -> BTreeSet<String> {
        self.prose()
            .filter(|line| line.starts_with('#'))
            .map(|line| {
                let heading = line.trim_start_matches('#').trim().to_lowercase();
                let is_kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
                let kept: String = heading.chars().filter(is_kept).collect();
                kept.replace(' ', "-")
            })
            .collect()
    }

    /// The texts between backticks outside of code blocks. They may span lines.
    pub fn inline_code(&self) -> Vec<String> {
        let prose = self.prose().collect::<Vec<_>>().join("\n");
        let parts: Vec<_> = prose.split('`').collect();
        assert!(parts.len() % 2 == 1, "{}: an odd backtick", self.name());
        let code = parts.into_iter().skip(1).step_by(2);
        code.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// All variables `MODELS__…`.
    pub fn variables(&self) -> Vec<String> {
        let lines = self.lines.iter();
        lines
            .flat_map(|line| {
                let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                line.text.split(move |letter| !is_name(letter))
            })
            .filter(|word| word.len() > "MODELS__".len() && word.starts_with("MODELS__"))
            .map(str::to_owned)
            .collect()
    }

    /// The arguments after `models-api` in code, and the commands in the first column of tables with the head `command`.
    pub fn command_lines(&self) -> Vec<String> {
        let blocks = self.lines.iter().filter(|line| line.block.is_some());
        let code = blocks
            .map(|line| line.text.clone())
            .chain(self.inline_code());
        let mut lines: Vec<_> = code.flat_map(|text| commands_in(&text)).collect();
        let mut is_table = false;
        for line in self.prose() {
            is_table = line.starts_with("| command |") || (is_table && line.starts_with('|'));
            if is_table && line.starts_with("| `") {
                let cell = line.split(" | ").next().unwrap_or_default();
                let codes = cell.split('`').skip(1).step_by(2);
                let own =
                    codes.filter(|code| !code.starts_with("cargo ") && !code.starts_with('.'));
                lines.extend(own.map(str::to_owned));
            }
        }
        lines
    }
}

/// The arguments of the program in a shell line.
fn commands_in(text: &str) -> Vec<String> {
    text.split("models-api ")
        .zip(text.split("models-api ").skip(1))
        .filter(|(before, _)| !before.ends_with("--package "))
        .map(|(_, after)| {
            let end = after.find(['|', ';', '`', '(', '#']).unwrap_or(after.len());
            after[..end].trim().to_owned()
        })
        .collect()
}
