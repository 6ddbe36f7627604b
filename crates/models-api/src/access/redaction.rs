//! How a token may be shown.

/// A token as it may be shown to whoever sent it: the first 8 and the last 4 characters, and a `*`
/// for each between them. Of 12 characters or fewer nothing is shown. (OpenAI shows those whole.)
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
    fn a_redacted_token_shows_eight_and_four() {
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
