//! The mutants, as cargo-mutants lists them.

use std::path::PathBuf;

use serde::Deserialize;

use crate::{cargo, mutants::PACKAGES};

/// One small change of the source that some test should notice.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// Place and change in words.
    pub name: String,
    pub package: String,
    /// Relative to the workspace.
    pub file: PathBuf,
    pub genre: Genre,
    pub function: Option<Function>,
    /// The text that the mutant replaces.
    pub span: Span,
    pub replacement: String,
    /// What the mutant changes, as a patch.
    pub diff: String,
}

/// The function that the mutant is in.
#[derive(Clone, Debug, Deserialize)]
pub struct Function {
    /// With its arrow; empty if nothing is returned.
    pub return_type: String,
}

/// What a mutant changes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Genre {
    /// The function returns a fixed value.
    FnValue,
    BinaryOperator,
    UnaryOperator,
    /// The arm is deleted.
    MatchArm,
    /// The guard is always true, or always false.
    MatchArmGuard,
    /// The field is deleted from an expression with a base.
    StructField,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// Line and column in characters, from 1.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Mutant {
    /// The return type of the function that the mutant is in.
    pub fn returns(&self) -> &str {
        let function = self.function.as_ref();
        function.map_or("", |function| &function.return_type)
    }

    /// The name without line and column, which change with the lines above. The text of the line tells the operators
    /// of one function apart.
    pub fn stable_name(&self) -> String {
        let file = self.file.display().to_string();
        let change = self.name.strip_prefix(&file).unwrap_or(&self.name);
        let change = change.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
        let name = format!("{file}: {}", change.trim_start());
        if self.genre == Genre::FnValue {
            return name;
        }
        let mut removed = self.diff.lines().skip(2);
        let line = removed.find_map(|line| line.strip_prefix('-'));
        format!("{name}: {}", line.unwrap_or_default().trim())
    }
}

/// The mutants of the files that match, or of all files.
pub fn list(globs: &[String]) -> Result<Vec<Mutant>, String> {
    let mut command = cargo(&["mutants", "--list", "--json"]);
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    command.args(globs.iter().flat_map(|glob| ["--file", glob]));
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "cargo-mutants failed; `cargo install cargo-mutants --locked` installs it: {message}"
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo-mutants: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_keeps_its_name_when_its_line_moves() {
        let mutant = |line: usize, genre| Mutant {
            name: format!("src/a.rs:{line}:8: delete ! in f"),
            package: String::new(),
            file: "src/a.rs".into(),
            genre,
            function: None,
            span: Span {
                start: Position { line, column: 8 },
                end: Position { line, column: 9 },
            },
            replacement: String::new(),
            diff: "--- src/a.rs\n+++ delete !\n@@ -1 +1 @@\n-    if !a {\n+    if a {\n".to_owned(),
        };
        for line in [7, 12] {
            let operator = mutant(line, Genre::UnaryOperator);
            assert_eq!(operator.stable_name(), "src/a.rs: delete ! in f: if !a {");
            let function = mutant(line, Genre::FnValue);
            assert_eq!(function.stable_name(), "src/a.rs: delete ! in f");
        }
    }
}
