//! Text that was checked when it was made.

use std::borrow::Cow;
use std::sync::Arc;

/// Why a value was refused, as a sentence that names what it should have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{noun} {reason}")]
pub struct Invalid {
    noun: &'static str,
    reason: Cow<'static, str>,
}

impl Invalid {
    pub(crate) fn new(noun: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        let reason = reason.into();
        Self { noun, reason }
    }

    /// What is wrong, without the noun: `must not be empty`.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Declares a type that holds text for which `$check` found nothing wrong, in a `String` or in the
/// type that is named.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $noun:literal, $check:expr) => {
        $crate::text::checked_text! { $(#[$meta])* $name(String), $noun, $check }
    };
    ($(#[$meta:meta])* $name:ident($text:ty), $noun:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name($text);

        impl $name {
            /// How a refusal calls a value of this type.
            pub(crate) const NOUN: &str = $noun;

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::Invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map_err(|reason| $crate::text::Invalid::new(Self::NOUN, reason))?;
                Ok(Self(text.into()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Declares an identifier: a fixed prefix and then letters and digits, made from a UUID.
macro_rules! prefixed_id {
    ($(#[$meta:meta])* $name:ident, $noun:literal, $prefix:literal) => {
        $crate::text::checked_text! {
            $(#[$meta])*
            $name, $noun, |text| {
                let rest = text.strip_prefix($prefix).ok_or(concat!("must start with `", $prefix, "`"))?;
                if rest.is_empty() || rest.len() > 64 || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    return Err(concat!("must be `", $prefix, "` and then 1 to 64 letters and digits"));
                }
                Ok(())
            }
        }

        impl $name {
            /// The identifier made from this UUID.
            #[must_use]
            pub fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(format!(concat!($prefix, "{}"), uuid.simple()))
            }
        }
    };
}

/// Whether the character says nothing itself and changes how others are shown: control characters,
/// line and paragraph separators, and those that turn the direction of writing.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(crate) use {checked_text, prefixed_id};

checked_text! {
    /// A name for people: of an organization, a project, a key, or an owner on a model. 1 to 256
    /// bytes without control characters and without white space at its ends. A name that is
    /// entered anew meets the stricter rules of [`Entered`](crate::Entered). Copies share the text: the models of a
    /// long list have few owners.
    Name(Arc<str>), "a name", |text| {
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text.len() > 256 {
            return Err("must not be longer than 256 bytes");
        }
        if text.chars().any(is_control) {
            return Err("must not hold control characters");
        }
        if text.trim() != text {
            return Err("must not begin or end with white space");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "a name must not be empty"),
            (" a", "a name must not begin or end with white space"),
            ("a\0b", "a name must not hold control characters"),
            ("a\u{85}b", "a name must not hold control characters"),
            ("a\u{202e}b", "a name must not hold control characters"),
        ] {
            assert_eq!(
                text.parse::<Name>().map_err(|error| error.to_string()),
                Err(reason.to_owned())
            );
        }
        assert!("x".repeat(257).parse::<Name>().is_err());
        assert!("x".repeat(256).parse::<Name>().is_ok());
    }

    #[test]
    fn json_cannot_smuggle_in_a_bad_value() {
        assert!(serde_json::from_str::<Name>("\"\"").is_err());
        assert_eq!(
            serde_json::from_str::<Name>("\"Acme\"")
                .map(String::from)
                .ok()
                .as_deref(),
            Some("Acme")
        );
    }
}
