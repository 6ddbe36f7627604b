//! A command's output: JSON for programs, text for people.

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
    /// Prints one object as JSON, or the text.
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

    /// Prints an array of objects as JSON, or a table with one row per object.
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

/// Prints a table with one row per object.
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

/// Prints the text and a line feed to standard output. A closed pipe is not an error: its reader has read enough.
pub(in crate::cli) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("failed to write the output: {error}").into())
        }
        _ => Ok(()),
    }
}

/// Prints text that the service cannot show again, such as a secret. A closed pipe is an error: the text is lost.
pub(in crate::cli) fn print_once(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush())?;
    Ok(())
}

/// Prints a line to standard error and masks keys and passwords in it: messages repeat arguments, files and the errors
/// of libraries. A failure to write is ignored, because nothing else could report it.
pub(crate) fn print_message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", mask(text));
}
