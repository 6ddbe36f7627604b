//! Fields beside a list that say that it has further pages.

use serde_json::Value;

/// What the fields beside the list say.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    next: Option<String>,
    total: Option<(String, u64)>,
}

impl Announcements {
    /// Whether the field can announce further pages.
    pub(super) fn concern(name: &str) -> bool {
        matches!(
            name,
            "has_more"
                | "hasMore"
                | "next_page_token"
                | "nextPageToken"
                | "nextToken"
                | "next_token"
                | "next_cursor"
                | "nextCursor"
                | "next_page"
                | "next"
                | "links"
                | "total"
                | "total_count"
                | "totalCount"
                | "result_info"
        )
    }

    /// Takes notice of a field beside the list.
    pub(super) fn add(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("links", Value::Object(links)) => self.add_next("links.next", links.get("next")),
            ("result_info", Value::Object(info)) => {
                self.add_total("result_info.total_count", info.get("total_count"));
            }
            ("total" | "total_count" | "totalCount", _) => self.add_total(name, Some(value)),
            _ => self.add_next(name, Some(value)),
        }
    }

    fn add_next(&mut self, name: &str, value: Option<&Value>) {
        let said = match value {
            Some(Value::Bool(true)) => format!("`{name}` is true"),
            Some(Value::String(text)) if !text.is_empty() => format!("`{name}` is there"),
            Some(Value::Number(_)) if name == "next_page" => format!("`{name}` is there"),
            _ => return,
        };
        self.next.get_or_insert(said);
    }

    fn add_total(&mut self, name: &str, value: Option<&Value>) {
        if let Some(total) = value.and_then(Value::as_u64) {
            self.total.get_or_insert((name.to_owned(), total));
        }
    }

    /// The field that announces more than these entries, in a sentence.
    pub(super) fn beyond(self, entries: usize) -> Option<String> {
        let above = self.total.filter(|(_, total)| *total > entries as u64);
        self.next.or_else(|| {
            above.map(|(name, total)| format!("`{name}` is {total}, and the input has {entries}"))
        })
    }
}
