//! Types of checked text.

use std::borrow::Cow;

/// The reason why a value is invalid, as a sentence that says what is valid.
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

    /// The reason without the noun, for example `must not be empty`.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Declares a type for text that `$check` accepts. The type stores a `String` or the named type.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $noun:literal, $check:expr) => {
        $crate::text::checked::checked_text! { $(#[$meta])* $name(String), $noun, $check }
    };
    ($(#[$meta:meta])* $name:ident($text:ty), $noun:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(into = "String")]
        pub struct $name($text);

        impl $name {
            /// The subject of an error message about a value of this type.
            pub(crate) const NOUN: &str = $noun;

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::checked::Invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map_err(|reason| $crate::text::checked::Invalid::new(Self::NOUN, reason))?;
                Ok(Self(text.into()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::checked::Invalid;

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

/// Whether the text has the form of an identifier: 1 to 64 letters, digits, `_` and `-`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Declares an identifier type: 1 to 64 letters, digits, `_` and `-`. The service makes ids from a
/// prefix and a UUID; an operator can bring other ids along. Clones share the text.
macro_rules! prefixed_id {
    ($(#[$meta:meta])* $name:ident, $noun:literal, $prefix:literal) => {
        $crate::text::checked::prefixed_id! { $(#[$meta])* $name, $noun, $prefix, &[] }
    };
    ($(#[$meta:meta])* $name:ident, $noun:literal, $prefix:literal, $reserved:expr) => {
        $crate::text::checked::checked_text! {
            $(#[$meta])*
            $name(std::sync::Arc<str>), $noun, |text| {
                const RESERVED: &[&str] = $reserved;
                if !$crate::text::checked::is_id(text) {
                    return Err("must be 1 to 64 letters, digits, `_` and `-`");
                }
                if RESERVED.contains(&text) {
                    return Err("must not be a word that the service uses itself");
                }
                Ok(())
            }
        }

        impl $name {
            /// The identifier made from this UUID.
            #[must_use]
            pub fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(format!(concat!($prefix, "{}"), uuid.simple()).into())
            }
        }
    };
}

pub(crate) use {checked_text, prefixed_id};
