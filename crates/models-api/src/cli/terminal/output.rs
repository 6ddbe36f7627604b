//! A command's output: JSON for programs, text for people.

use std::io::{self, ErrorKind, Write};

use comfy_table::{Table, presets};
use models_core::mask;
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;

/// The form of a command's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Output {
    /// Text for people.
    Text,
    /// JSON.
    Json,
    /// Values alone, for scripts: the secret of a created key, or else the slug or the id of each object.
    Values,
}

impl Output {
    /// Prints one object.
    pub(in crate::cli) fn object(
        self,
        object: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.render(object, text)? {
            Some(text) => print(&text),
            None => Ok(()),
        }
    }

    /// Prints an object with a secret, which the service cannot show again.
    pub(in crate::cli) fn object_once(
        self,
        object: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.render(object, text)? {
            Some(text) => print_once(&text),
            None => Ok(()),
        }
    }

    /// Prints objects with secrets, which the service cannot show again. Each is a line in JSON.
    pub(in crate::cli) fn objects_once<T: Serialize>(
        self,
        objects: &[T],
        text: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        let mut lines = vec![];
        for object in objects {
            lines.extend(self.render(object, || text(object))?);
        }
        print_once(&lines.join("\n"))
    }

    /// Prints objects: an array in JSON, or a table with one row per object.
    pub(in crate::cli) fn list<T: Serialize, const N: usize>(
        self,
        header: [&str; N],
        objects: &[T],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        self.list_as(header, objects, |object| object, row)
    }

    /// Prints a list of items that have another form in JSON.
    pub(in crate::cli) fn list_as<'t, T, O: Serialize, const N: usize>(
        self,
        header: [&str; N],
        items: &'t [T],
        object: impl Fn(&'t T) -> O,
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        match self {
            Self::Text => print_table(header, items, row),
            Self::Json => {
                let objects: Vec<O> = items.iter().map(object).collect();
                print(&serde_json::to_string(&objects)?)
            }
            Self::Values => print_values(items.iter().map(object)),
        }
    }

    /// Renders an object; `None` if the output has the values alone and the object has none.
    fn render(
        self,
        object: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<Option<String>, Failure> {
        Ok(match self {
            Self::Text => Some(text()),
            Self::Json => Some(serde_json::to_string(object)?),
            Self::Values => {
                let object = serde_json::to_value(object)?;
                first_field(&object, &[&[SECRET], &IDENTITIES[..]].concat())
            }
        })
    }
}

/// The field with the secret of a created key.
const SECRET: &str = "value";
/// The fields with which commands name an object, the preferred one first.
const IDENTITIES: [&str; 2] = ["slug", "id"];

/// Prints the identity of each object, one in a line.
fn print_values(objects: impl Iterator<Item = impl Serialize>) -> Result<(), Failure> {
    let mut values = vec![];
    for object in objects {
        values.extend(first_field(&serde_json::to_value(object)?, &IDENTITIES));
    }
    if values.is_empty() {
        return Ok(());
    }
    print(&values.join("\n"))
}

fn first_field(object: &Value, fields: &[&str]) -> Option<String> {
    let mut found = fields.iter().filter_map(|field| object[*field].as_str());
    found.next().map(str::to_owned)
}

/// Prints a table with one row per object.
fn print_table<T, const N: usize>(
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

/// Prints the error that ends a command to standard error: as a sentence, or in JSON as an object.
pub(in crate::cli) fn print_error(output: Output, message: &str) {
    match output {
        Output::Text | Output::Values => print_message(&format!("error: {message}")),
        Output::Json => print_message(&json!({"error": {"message": message}}).to_string()),
    }
}

/// Prints a line to standard error and masks keys and passwords in it: messages repeat arguments, files and the errors
/// of libraries. A failure to write is ignored, because nothing else could report it.
pub(crate) fn print_message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", mask(text));
}
