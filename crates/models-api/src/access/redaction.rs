//! Redaction of tokens.

/// Redacts a token for the response to its sender. The result keeps the first 8 and the last 4 characters, with a `*` for
/// each character between them. Every character of a token of at most 12 becomes `*`; OpenAI shows such a token whole.
#[must_use]
pub fn redact(token: &str) -> String {
    let length = token.chars().count();
    if length <= 12 {
        return "*".repeat(length);
    }
    let first: String = token.chars().take(8).collect();
    let last: String = token.chars().skip(length - 4).collect();
    format!("{first}{}{last}", "*".repeat(length - 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_token_shows_its_first_8_and_last_4_characters() {
        for (token, expected) in [
            ("", ""),
            ("My API Key", "**********"),
            ("123456789012", "************"),
            ("1234567890123", "12345678*0123"),
            ("sk-proj-abcdefghijklmnop", "sk-proj-************mnop"),
            ("ääääääääääääöööö", "ääääääää****öööö"),
        ] {
            assert_eq!(redact(token), expected);
        }
    }
}
