//! Lists that clients read page by page.

use models_core::{Order, Page, PageRequest, RepositoryError, is_id};

use super::database::{Backend, Database};
use crate::database::{Record, Value};

/// The two statements of a list, one for each order.
pub(crate) struct PagedList {
    pub(crate) ascending: &'static str,
    pub(crate) descending: &'static str,
}

/// Writes the statements of a [`PagedList`].
///
/// `$columns` and `$tables` are those of the rows. The rows are of `$table`, with the alias `$row`.
/// The list has the rows whose `$owner`, a column of the table, is `$3`, and that meet the
/// `$condition`. Its order is that of the columns `ordinal`, `created_at` and `id`. `$1` is the
/// cursor's id, and `$2` the limit. The cursor may also be a row that does not meet the condition: it
/// may have met it when the client read the page before. After any other id there are no rows.
macro_rules! paged_list {
    ($columns:expr, $tables:literal, $table:literal, $row:literal, $owner:literal, $condition:literal) => {
        $crate::catalog::paged_list::PagedList {
            ascending: $crate::catalog::paged_list::paged_list!(
                @ $columns, $tables, $table, $row, $owner, $condition, ">", "ASC"
            ),
            descending: $crate::catalog::paged_list::paged_list!(
                @ $columns, $tables, $table, $row, $owner, $condition, "<", "DESC"
            ),
        }
    };
    (
        @ $columns:expr, $tables:literal, $table:literal, $row:literal, $owner:literal, $condition:literal,
        $than:literal, $order:literal
    ) => {
        concat!(
            "SELECT ", $columns, " FROM ", $tables, " WHERE ", $row, ".", $owner, " = $3 AND ", $condition,
            " AND ($1 IS NULL OR (", $row, ".ordinal, ", $row, ".created_at, ", $row, ".id) ", $than,
            " (SELECT c.ordinal, c.created_at, c.id FROM ", $table, " c WHERE c.id = $1 AND c.", $owner, " = $3))",
            " ORDER BY ", $row, ".ordinal ", $order, ", ", $row, ".created_at ", $order, ", ", $row, ".id ", $order,
            " LIMIT $2"
        )
    };
}
pub(crate) use paged_list;

impl<DB: Backend> Database<DB> {
    /// Reads a page. `values` are those of the list's condition, and `id` returns the id of an item.
    pub(crate) async fn read_page<R, T>(
        &self,
        list: &PagedList,
        page: PageRequest,
        values: Vec<Value>,
        id: impl Fn(&T) -> String,
    ) -> Result<Page<T, String>, RepositoryError>
    where
        R: Record + 'static,
        T: TryFrom<R, Error = RepositoryError>,
    {
        let PageRequest {
            after,
            limit,
            order,
        } = page;
        // PostgreSQL refuses some of the texts that a client can send here.
        if after.as_deref().is_some_and(|after| !is_id(after)) {
            return Ok(Page {
                items: vec![],
                next: None,
            });
        }
        let sql = match order {
            Order::Ascending => list.ascending,
            Order::Descending => list.descending,
        };
        // One row more than the page shows whether there is another page.
        let one_more = i64::from(limit.get()) + 1;
        let mut all = vec![after.as_deref().into(), one_more.into()];
        all.extend(values);
        let rows: Vec<R> = self.read(sql, all).await?;
        let items = rows.into_iter().map(T::try_from);
        let mut items = items.collect::<Result<Vec<T>, _>>()?;
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let next = (items.len() > limit).then(|| {
            items.truncate(limit);
            items.last().map(&id)
        });
        Ok(Page {
            items,
            next: next.flatten(),
        })
    }
}
