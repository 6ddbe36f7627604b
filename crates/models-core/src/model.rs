//! Models.

mod fine_tune;

use crate::organization::OrganizationId;
use crate::text::checked::checked_text;
use crate::text::control::is_control;
use crate::text::{Invalid, Name};
use crate::time::Timestamp;

pub use self::fine_tune::is_private_fine_tune;

checked_text! {
    /// A model's id: 1 to 256 bytes of UTF-8 without control characters. No path segment is `.` or
    /// `..`, because clients and proxies would resolve it. A new id also meets the stricter rules
    /// of [`Entered`](crate::Entered).
    ModelId, "a model id", |text| {
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text.len() > 256 {
            return Err("must not be longer than 256 bytes");
        }
        if text.chars().any(is_control) {
            return Err("must not hold control characters");
        }
        if text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err("must not hold `.` or `..` as a segment");
        }
        Ok(())
    }
}

/// A model as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id, unique within the scope.
    pub id: ModelId,
    /// The scope.
    pub scope: Scope,
    /// The time of creation, as the registrant states it.
    pub created: Timestamp,
    /// The owner's display name.
    pub owned_by: Name,
    /// The day on which the service of the model ends, if one is announced.
    pub shutdown_date: Option<ShutdownDate>,
}

/// The scope of a model: public, or one organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The model belongs to the platform, and every organization sees it.
    Public,
    /// The model belongs to one organization, and only that organization sees it.
    Organization(OrganizationId),
}

impl Scope {
    /// The organization that owns the model; `None` for a public model.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::Public => None,
            Self::Organization(id) => Some(id),
        }
    }
}

impl From<Option<OrganizationId>> for Scope {
    fn from(organization_id: Option<OrganizationId>) -> Self {
        organization_id.map_or(Self::Public, Self::Organization)
    }
}

/// A day in the form `YYYY-MM-DD`, as in `shutdown_date` of OpenAI's model object (specification of
/// 2026-08-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShutdownDate(jiff::civil::Date);

impl std::str::FromStr for ShutdownDate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let date = text
            .parse::<jiff::civil::Date>()
            .ok()
            .filter(|date| date.to_string() == text);
        date.map(Self).ok_or(Invalid::new(
            "a shutdown date",
            "must be a day written YYYY-MM-DD",
        ))
    }
}

impl TryFrom<String> for ShutdownDate {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<ShutdownDate> for String {
    fn from(date: ShutdownDate) -> Self {
        date.to_string()
    }
}

impl std::fmt::Display for ShutdownDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_known_providers_are_accepted() {
        for id in [
            "gpt-4o",
            "openrouter/ai21/jamba-large-1.7",
            "@cf/meta/llama-3~8b",
            "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd:ckpt-step-80",
            "a%2Fb",
            "a b+c",
            "模型",
            "a..b/.c",
        ] {
            assert!(id.parse::<ModelId>().is_ok(), "{id}");
        }
    }

    #[test]
    fn ids_that_no_url_path_can_carry_are_refused() {
        for id in [
            "",
            ".",
            "..",
            "a/../b",
            "a/.",
            "a\0",
            "a\r\nb",
            "a\u{7f}",
            "a\u{9f}",
            &"é".repeat(129),
        ] {
            assert!(id.parse::<ModelId>().is_err(), "{id:?}");
        }
        assert!("é".repeat(128).parse::<ModelId>().is_ok());
    }

    #[test]
    fn a_shutdown_date_has_one_spelling() {
        assert_eq!(
            "2026-08-14".parse::<ShutdownDate>().map(String::from),
            Ok("2026-08-14".to_owned())
        );
        for text in [
            "",
            "2026-8-14",
            "2026-02-30",
            "2026-08-14T00:00:00",
            "20260814",
            "+002026-08-14",
            "14.8.2026",
        ] {
            assert!(text.parse::<ShutdownDate>().is_err(), "{text}");
        }
    }
}
