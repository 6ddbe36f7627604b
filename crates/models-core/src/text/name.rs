//! Display names.

use std::sync::Arc;

use super::checked::checked_text;
use super::control::is_control;

checked_text! {
    /// The display name of an organization, a project, a key or a model's owner: 1 to 256 bytes
    /// without control characters and without white space at its ends. A new name also meets the
    /// stricter rules of [`Entered`](crate::Entered). Clones share the text, because the models of
    /// a long list have few owners.
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
    fn an_invalid_name_is_refused_with_the_reason() {
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
        let error = ""
            .parse::<Name>()
            .map_err(|error| error.reason().to_owned());
        assert_eq!(error, Err("must not be empty".to_owned()));
        assert!("x".repeat(257).parse::<Name>().is_err());
        assert!("x".repeat(256).parse::<Name>().is_ok());
    }
}
