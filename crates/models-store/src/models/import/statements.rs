//! Statements for many rows.

use std::fmt::Write;
use std::sync::LazyLock;

use crate::models::rows::model_columns;

/// The numbers of rows for which there are statements. The largest stays below both databases'
/// limits on values (SQLite's is 32,766).
const SIZES: [usize; 4] = [512, 64, 8, 1];

/// Statements that find the models of a scope (`$1`) with these ids, one for each size.
pub(super) static FIND: LazyLock<[String; 4]> = LazyLock::new(|| {
    let columns = model_columns!(all, [", "] [*]);
    SIZES.map(|rows| {
        let ids = values(2, rows);
        format!("SELECT {columns} FROM models WHERE scope = $1 AND id IN ({ids})")
    })
});

/// The number of columns of `staged_models`.
pub(super) const STAGED: usize = 11;

/// Statements that stage entries, one for each size.
pub(super) static STAGE: LazyLock<[String; 4]> = LazyLock::new(|| {
    let table = concat!(
        "INSERT INTO staged_models (position, rank, kind, id, ",
        model_columns!(second, [", "] ["before_" *]),
        ", ",
        model_columns!(second, [", "] [*]),
        ", change)"
    );
    SIZES.map(|rows| {
        let rows: Vec<String> = (0..rows)
            .map(|row| format!("({})", values(1 + row * STAGED, STAGED)))
            .collect();
        format!("{table} VALUES {}", rows.join(", "))
    })
});

/// Writes `count` placeholders from `$first` on, for example `$3, $4`.
fn values(first: usize, count: usize) -> String {
    (first..first + count).fold(String::new(), |mut text, number| {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}${number}");
        text
    })
}

/// Splits a number of rows into pieces. Returns the index of each piece's statement and its number
/// of rows, in order.
pub(super) fn pieces(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let which = SIZES.iter().position(|size| *size <= left)?;
        left -= SIZES[which];
        Some((which, SIZES[which]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_rows_is_split_without_rest() {
        for rows in 0..2_000 {
            assert_eq!(pieces(rows).map(|(_, size)| size).sum::<usize>(), rows);
        }
    }

    #[test]
    fn statements_name_each_value_once() {
        assert!(FIND[3].ends_with("WHERE scope = $1 AND id IN ($2)"));
        assert!(STAGE[2].contains("($12, $13, "));
        assert!(STAGE[2].ends_with(", $87, $88)"));
    }
}
