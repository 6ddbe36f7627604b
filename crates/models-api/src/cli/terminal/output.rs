//! What a command answers: JSON for machines, else text for people.

use std::io::{self, ErrorKind, Write};

use comfy_table::{Table, presets};
use models_core::mask;
use serde::Serialize;

use super::failure::Failure;

#[derive(Clone, Copy)]
pub(in crate::cli) struct Output {
    pub(in crate::cli) json: bool,
}

impl Output {
    /// One object, or the text.
    pub(in crate::cli) fn object(
        self,
        object: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            print(&serde_json::to_string(object)?)
        } else {
            print(&text())
        }
    }

    /// An array of objects, or a table with a row for each.
    pub(in crate::cli) fn list<T: Serialize, const N: usize>(
        self,
        header: [&str; N],
        objects: &[T],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        if self.json {
            return print(&serde_json::to_string(objects)?);
        }
        print_table(header, objects, row)
    }
}

/// Writes a table with a row for each object.
pub(in crate::cli) fn print_table<T, const N: usize>(
    header: [&str; N],
    objects: &[T],
    row: impl Fn(&T) -> [String; N],
) -> Result<(), Failure> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.map(str::to_uppercase));
    for object in objects {
        table.add_row(row(object));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    print(&lines.join("\n"))
}

/// Writes the text and a line feed to standard output. Whoever stops reading has read enough.
pub(in crate::cli) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write the answer: {error}").into())
        }
        _ => Ok(()),
    }
}

/// Writes what nobody can be told again. Whoever does not read it has lost it, and that is a
/// failure.
pub(in crate::cli) fn print_once(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush())?;
    Ok(())
}

/// Writes a line to standard error, without the keys and passwords in it: arguments, files and libraries' errors are
/// repeated here. A failure to write is ignored, since nothing else could report it.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", mask(text));
}
