//! Which route a path is of.

use super::path::LIST;

/// A path of the table, or none of them: what a request is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    List,
    Model,
    None,
}

impl Template {
    /// Which one this path is.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(LIST) {
            Some("") => Self::List,
            Some(rest) if rest.starts_with('/') && rest.len() > 1 => Self::Model,
            Some(_) | None => Self::None,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::List => "/v1/models",
            Self::Model => "/v1/models/{model}",
            Self::None => "",
        }
    }
}
