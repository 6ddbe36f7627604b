//! Text that enters the catalog, as opposed to stored text.

use std::ops::Deref;
use std::str::FromStr;

use crate::api_key::Secret;
use crate::model::ModelId;
use crate::text::invisible::{self, Allowed};
use crate::text::{Invalid, Name};

/// An id, a name or a secret from an import, a command or a registration.
///
/// The text meets the rules of `T`, and also holds no invisible characters and no white space at
/// its ends. `T` alone allows both, so that text stored by an older version can still be read,
/// listed, retrieved and deleted. Functions that create or change something take `Entered<T>`,
/// which can only be parsed from text. Functions that read or look up take `T`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entered<T>(T);

impl<T> Entered<T> {
    /// Returns the value, to store it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Entered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Entered<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Entered<ModelId> {
    type Err = Invalid;

    /// Refuses every invisible character.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        enter(text, ModelId::NOUN, Allowed::Nothing)
    }
}

impl FromStr for Entered<Name> {
    type Err = Invalid;

    /// Accepts joiners between letters and in emoji, and variation selectors after emoji.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        enter(text, Name::NOUN, Allowed::Joiners)
    }
}

impl FromStr for Entered<Secret> {
    type Err = Invalid;

    /// Refuses every invisible character: clients would not send it.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        invisible::check(text, Allowed::Nothing)
            .map_err(|reason| Invalid::new(Secret::NOUN, reason))?;
        Secret::parse(text).map(Entered)
    }
}

fn enter<T: FromStr<Err = Invalid>>(
    text: &str,
    noun: &'static str,
    allowed: Allowed,
) -> Result<Entered<T>, Invalid> {
    invisible::check(text, allowed).map_err(|reason| Invalid::new(noun, reason))?;
    text.parse().map(Entered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_text_is_readable_and_cannot_be_entered_again() {
        for text in [
            "qwen-32b ",
            " a",
            " ",
            "\u{200b}",
            "a\u{ad}b",
            "\u{feff}a",
            "a\u{2060}",
        ] {
            assert!(text.parse::<ModelId>().is_ok(), "{text:?}");
            assert!(text.parse::<Entered<ModelId>>().is_err(), "{text:?}");
        }
        for text in [
            "\u{200b}",
            "a\u{ad}b",
            "\u{feff}a",
            "a\u{2060}",
            "a\u{200d}",
        ] {
            assert!(text.parse::<Name>().is_ok(), "{text:?}");
            assert!(text.parse::<Entered<Name>>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_error_names_the_character_and_its_position() {
        let id = |text: &str| {
            text.parse::<Entered<ModelId>>()
                .map_err(|error| error.to_string())
        };
        let refused = |reason: &str| Err(format!("a model id {reason}"));
        assert_eq!(
            id("ab\u{200b}c"),
            refused("must not hold U+200B (zero width space) at character 3")
        );
        assert_eq!(id(""), refused("must not be empty"));
        assert_eq!(id("a\nb"), refused("must not hold control characters"));
        assert_eq!(id("\na"), refused("must not hold control characters"));
        assert_eq!(
            id("a/.."),
            refused("must not hold `.` or `..` as a segment")
        );
        let name = " Acme"
            .parse::<Entered<Name>>()
            .map_err(|error| error.to_string());
        assert_eq!(
            name.unwrap_err(),
            "a name must not begin with white space: U+0020 (space) at character 1"
        );
    }

    #[test]
    fn a_name_may_hold_joiners_and_an_id_may_not() {
        for text in ["می\u{200c}خواهم", "Acme ❤\u{fe0f}"] {
            assert!(text.parse::<Entered<Name>>().is_ok(), "{text}");
            assert!(text.parse::<Entered<ModelId>>().is_err(), "{text}");
        }
    }

    #[test]
    fn entered_text_is_stored_unchanged() {
        let id: Entered<ModelId> = "gpt-4o".parse().expect("an id");
        assert_eq!(id.to_string(), "gpt-4o");
        assert_eq!(id.as_str(), "gpt-4o");
        assert_eq!(id.into_inner().as_str(), "gpt-4o");
        let secret: Entered<Secret> = "hunter2".parse().expect("a secret");
        assert_eq!(secret.expose(), "hunter2");
        assert!("hunter2\u{200b}".parse::<Entered<Secret>>().is_err());
    }
}
