//! The ids of registered models.

use crate::model::ModelId;
use crate::organization::Slug;
use crate::text::Invalid;
use crate::text::checked::checked_text;
use crate::text::entered::Entered;

checked_text! {
    /// The part of a minted id that the request chooses: 0 to 64 letters and digits of ASCII, `.`,
    /// `_` and `-`.
    Suffix, "a suffix", |text| {
        if text.len() > 64 {
            return Err("must not be longer than 64 characters");
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !text.bytes().all(is_allowed) {
            return Err("must hold only letters and digits of ASCII, `.`, `_` and `-`");
        }
        Ok(())
    }
}

/// The id that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedId {
    /// This id.
    Named(Entered<ModelId>),
    /// A new id for a fine-tuned model.
    Minted(Mint),
}

/// A new id for a fine-tuned model, in OpenAI's form `ft:base:organization:suffix:random`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mint {
    /// The id of the model that was fine-tuned. The registrant must see it.
    pub base_model: ModelId,
    /// The part that the request chooses.
    pub suffix: Suffix,
    /// The random part.
    pub random: RandomPart,
}

/// Eight random letters and digits of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomPart([u8; 8]);

impl RandomPart {
    /// The characters that these random bytes select. The slight preference for some characters does
    /// not matter: the part must be new, and need not be secret.
    #[must_use]
    pub fn from_random(bytes: [u8; 8]) -> Self {
        const CHARACTERS: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        Self(bytes.map(|byte| CHARACTERS[usize::from(byte) % CHARACTERS.len()]))
    }

    /// Whether this text has the form of a random part.
    #[must_use]
    pub fn is_valid(text: &str) -> bool {
        text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }
}

impl Mint {
    /// The beginning of all ids with this base model and suffix in this organization.
    #[must_use]
    pub fn prefix(&self, organization: &Slug) -> String {
        let Self {
            base_model, suffix, ..
        } = self;
        format!("ft:{base_model}:{organization}:{suffix}:")
    }

    /// The new id. Fails if it is longer than an id may be.
    pub fn id(&self, organization: &Slug) -> Result<ModelId, Invalid> {
        let random = self.random.0.iter().copied().map(char::from);
        let mut id = self.prefix(organization);
        id.extend(random);
        id.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_short_and_plain() {
        for text in ["", "weather-v1.2_x", &"a".repeat(64)] {
            assert!(text.parse::<Suffix>().is_ok(), "{text}");
        }
        for text in ["a:b", "a b", "ä", "a/b", &"a".repeat(65)] {
            assert!(text.parse::<Suffix>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_minted_id_has_the_form_of_openai() {
        let slug = "acme".parse().expect("a slug");
        let mint = |base: &str, suffix: &str| Mint {
            base_model: base.parse().expect("an id"),
            suffix: suffix.parse().expect("a suffix"),
            random: RandomPart::from_random([0, 9, 10, 35, 36, 61, 62, 255]),
        };
        let id = |base: &str, suffix: &str| mint(base, suffix).id(&slug).map(String::from);
        assert!(RandomPart::is_valid("09AZaz07"));
        for text in ["", "09AZaz0", "09AZaz078", "09AZaz0-"] {
            assert!(!RandomPart::is_valid(text), "{text}");
        }
        let expected = "ft:gpt-4o:acme:weather:09AZaz07".to_owned();
        assert_eq!(id("gpt-4o", "weather"), Ok(expected));
        let expected = "ft:a/b:acme::09AZaz07".to_owned();
        assert_eq!(id("a/b", ""), Ok(expected));
        assert!(id(&"a".repeat(238), "").is_ok());
        assert!(id(&"a".repeat(238), "b").is_err());
    }
}
