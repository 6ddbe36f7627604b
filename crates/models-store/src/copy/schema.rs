//! The tables and columns to copy. They are read from the source's schema, so that no migration can
//! add a column that the copy leaves out.

use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteConnection;
use sqlx_macros::FromRow;

use super::error::CopyError;

/// The table that a copy does not touch: sqlx writes it with the migrations.
const MIGRATIONS: &str = "_sqlx_migrations";

/// The columns of the table `catalog` that describe the SQLite file. PostgreSQL has an epoch of its
/// own, keeps the nodes in a table, and cannot be moved.
const OF_THE_FILE: [&str; 3] = ["epoch", "nodes_file", "moved_to"];

const LIST_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' \
    AND substr(name, 1, 7) <> 'sqlite_' AND name <> $1 ORDER BY name";
const LIST_COLUMNS: &str =
    "SELECT name, type AS kind, pk AS place FROM pragma_table_info($1) ORDER BY cid";
const LIST_REFERENCES: &str =
    "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1) WHERE \"table\" <> $1";

/// The columns of a table in PostgreSQL.
pub(super) const LIST_TARGET_COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a \
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE \"C\"";

/// A type that a column has. The schema uses only these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Text,
}

impl Kind {
    /// The type's name in PostgreSQL.
    fn in_target(self) -> &'static str {
        match self {
            Self::Integer => "bigint",
            Self::Text => "text",
        }
    }
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table to copy.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key, in the key's order.
    key: Vec<usize>,
    /// The other tables that the rows refer to.
    references: Vec<String>,
}

#[derive(FromRow)]
struct ColumnRow {
    name: String,
    kind: String,
    place: i64,
}

impl Table {
    /// The columns as a list for SQL.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        names.join(", ")
    }

    /// The table's name for SQL.
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The statement that reads the rows in the order of their keys. Both databases order text by
    /// its bytes; in PostgreSQL with this collation.
    pub(super) fn select(&self, text_collation: &str) -> String {
        let order: Vec<String> = self
            .key
            .iter()
            .filter_map(|place| self.columns.get(*place))
            .map(|column| match column.kind {
                Kind::Integer => quoted(&column.name),
                Kind::Text => format!("{}{text_collation}", quoted(&column.name)),
            })
            .collect();
        format!(
            "SELECT {} FROM {} ORDER BY {}",
            self.column_list(),
            self.quoted(),
            order.join(", ")
        )
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of the source, each after the tables that it refers to.
pub(super) async fn tables(connection: &mut SqliteConnection) -> Result<Vec<Table>, CopyError> {
    let names: Vec<String> = sqlx::query_scalar(LIST_TABLES)
        .bind(MIGRATIONS)
        .fetch_all(&mut *connection)
        .await
        .map_err(CopyError::Read)?;
    let mut left = vec![];
    for name in names {
        left.push(table(connection, name).await?);
    }
    let mut sorted: Vec<Table> = vec![];
    while !left.is_empty() {
        let is_ready = |table: &Table| {
            let is_sorted = |name: &String| sorted.iter().any(|table: &Table| table.name == *name);
            table.references.iter().all(is_sorted)
        };
        let (ready, waiting): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            let names: Vec<_> = waiting.into_iter().map(|table| table.name).collect();
            return Err(CopyError::Schema(format!(
                "{} refer to each other",
                names.join(", ")
            )));
        }
        sorted.extend(ready);
        left = waiting;
    }
    Ok(sorted)
}

async fn table(connection: &mut SqliteConnection, name: String) -> Result<Table, CopyError> {
    let rows: Vec<ColumnRow> = sqlx::query_as(LIST_COLUMNS)
        .bind(&name)
        .fetch_all(&mut *connection)
        .await
        .map_err(CopyError::Read)?;
    let references: Vec<String> = sqlx::query_scalar(LIST_REFERENCES)
        .bind(&name)
        .fetch_all(&mut *connection)
        .await
        .map_err(CopyError::Read)?;
    let is_of_the_file =
        |row: &ColumnRow| name == "catalog" && OF_THE_FILE.contains(&row.name.as_str());
    let mut columns = vec![];
    let mut key = vec![];
    for row in rows.into_iter().filter(|row| !is_of_the_file(row)) {
        let kind = match row.kind.as_str() {
            "INTEGER" => Kind::Integer,
            "TEXT" => Kind::Text,
            other => {
                return Err(CopyError::Schema(format!(
                    "the column {} of {name} has the type {other}",
                    row.name
                )));
            }
        };
        if row.place > 0 {
            key.push((row.place, columns.len()));
        }
        columns.push(Column {
            name: row.name,
            kind,
        });
    }
    if key.is_empty() {
        return Err(CopyError::Schema(format!("{name} has no primary key")));
    }
    key.sort_unstable();
    Ok(Table {
        name,
        columns,
        key: key.into_iter().map(|(_, column)| column).collect(),
        references,
    })
}

/// Fails if the target's table has other columns than the source's, or columns of other types.
/// `rows` is the result of [`LIST_TARGET_COLUMNS`].
pub(super) fn expect_same(table: &Table, rows: Vec<PgRow>) -> Result<(), CopyError> {
    let mut found = vec![];
    for row in rows {
        let name: String = row.try_get(0).map_err(CopyError::Write)?;
        let kind: String = row.try_get(1).map_err(CopyError::Write)?;
        found.push((name, kind));
    }
    let mut expected: Vec<(String, String)> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.kind.in_target().to_owned()))
        .collect();
    expected.sort();
    if found == expected {
        return Ok(());
    }
    Err(CopyError::Schema(format!(
        "the table {} has the columns {expected:?} in the source and {found:?} in the target",
        table.name
    )))
}
