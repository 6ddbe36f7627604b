//! The text form of rows in PostgreSQL's `COPY`, which the copy writes and reads. Both sides have
//! the same bytes for the same rows, so the digest is that of the bytes.

use std::io::Write;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::error::CopyError;
use super::schema::{Column, Kind, Table};

/// Appends the row in the form that `COPY TO` would give it.
pub(super) fn append(row: &SqliteRow, table: &Table, out: &mut Vec<u8>) -> Result<(), CopyError> {
    for (place, column) in table.columns.iter().enumerate() {
        if place > 0 {
            out.push(b'\t');
        }
        match column.kind {
            Kind::Integer => {
                let number: Option<i64> = row.try_get(place).map_err(CopyError::Read)?;
                match number {
                    // Writing to memory cannot fail.
                    Some(number) => drop(write!(out, "{number}")),
                    None => out.extend_from_slice(NULL),
                }
            }
            Kind::Text => {
                let text: Option<&str> = row
                    .try_get(place)
                    .map_err(|_| refused(table, column, "it is not UTF-8"))?;
                match text {
                    Some(text) if text.contains('\0') => {
                        return Err(refused(table, column, "it has a NUL character"));
                    }
                    Some(text) => escape(text, out),
                    None => out.extend_from_slice(NULL),
                }
            }
        }
    }
    out.push(b'\n');
    Ok(())
}

const NULL: &[u8] = b"\\N";

fn refused(table: &Table, column: &Column, reason: &'static str) -> CopyError {
    CopyError::Text {
        table: table.name.clone(),
        column: column.name.clone(),
        reason,
    }
}

/// Appends the text with the escapes that PostgreSQL itself writes.
fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        let letter = match byte {
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x0b => b'v',
            other => {
                out.push(other);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}
