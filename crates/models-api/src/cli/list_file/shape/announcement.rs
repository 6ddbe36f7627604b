//! Fields beside the list that announce further pages.

use serde_json::Value;

/// The announcements of further pages.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    next: Option<String>,
    total: Option<(String, u64)>,
}

impl Announcements {
    /// Whether the field can announce further pages.
    pub(super) fn concern(name: &str) -> bool {
        is_next(name) || is_total(name) || is_number_of_pages(name) || is_about_pages(name)
    }

    /// Reads a field beside the list.
    pub(super) fn add(&mut self, name: &str, value: &Value) {
        self.add_named(name, name, value);
        if let Value::Object(fields) = value
            && is_about_pages(name)
        {
            for (field, value) in fields {
                self.add_named(&format!("{name}.{field}"), field, value);
            }
        }
    }

    /// Reads a field. `place` is its path for messages; `name` decides its meaning.
    fn add_named(&mut self, place: &str, name: &str, value: &Value) {
        if is_next(name) {
            self.add_next(place, name, value);
        } else if is_total(name) {
            self.add_total(place, value);
        } else if is_number_of_pages(name)
            && let Some(pages @ 2..) = number(value)
        {
            self.next.get_or_insert(format!("`{place}` is {pages}"));
        }
    }

    fn add_next(&mut self, place: &str, name: &str, value: &Value) {
        let announcement = match value {
            Value::Bool(true) => format!("`{place}` is true"),
            Value::String(text) if !text.is_empty() => format!("`{place}` is present"),
            // A link, such as `{"href": "…"}`.
            Value::Object(fields) if !fields.is_empty() => format!("`{place}` is present"),
            Value::Number(_) if matches!(name, "next_page" | "nextPage") => {
                format!("`{place}` is present")
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => return,
        };
        self.next.get_or_insert(announcement);
    }

    fn add_total(&mut self, place: &str, value: &Value) {
        if let Some(total) = number(value) {
            self.total.get_or_insert((place.to_owned(), total));
        }
    }

    /// Returns a sentence with the field that announces more than this number of entries.
    pub(super) fn beyond(self, entries: usize) -> Option<String> {
        let above = self.total.filter(|(_, total)| *total > entries as u64);
        self.next.or_else(|| {
            above.map(|(name, total)| format!("`{name}` is {total}, and the input has {entries}"))
        })
    }
}

/// Returns a number, which may be in quotes.
fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Whether the field holds the next page's mark, or says that there is a next page.
fn is_next(name: &str) -> bool {
    matches!(
        name,
        "has_more"
            | "hasMore"
            | "has_next"
            | "hasNext"
            | "has_next_page"
            | "hasNextPage"
            | "next_page_token"
            | "nextPageToken"
            | "nextToken"
            | "next_token"
            | "next_cursor"
            | "nextCursor"
            | "next_page"
            | "nextPage"
            | "next_link"
            | "nextLink"
            | "@odata.nextLink"
            | "next_url"
            | "nextUrl"
            | "next"
    )
}

/// Whether the field holds the number of models on all pages.
fn is_total(name: &str) -> bool {
    matches!(
        name,
        "total" | "total_count" | "totalCount" | "total_items" | "totalItems"
    )
}

/// Whether the field holds the number of pages.
fn is_number_of_pages(name: &str) -> bool {
    matches!(
        name,
        "total_pages" | "totalPages" | "page_count" | "pageCount"
    )
}

/// Whether the field is an object that may hold fields of these kinds.
fn is_about_pages(name: &str) -> bool {
    matches!(
        name,
        "links"
            | "_links"
            | "result_info"
            | "pagination"
            | "paging"
            | "page_info"
            | "pageInfo"
            | "meta"
            | "page"
    )
}
