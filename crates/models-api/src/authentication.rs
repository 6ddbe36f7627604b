//! From a token to whom it stands for.

use std::sync::Arc;

use models_core::{ApiKeyRepository, Principal, RepositoryError, Secret, Timestamp};

/// Knows the keys.
pub struct Authenticator {
    api_keys: Arc<dyn ApiKeyRepository>,
}

impl Authenticator {
    /// Asks these keys.
    #[must_use]
    pub fn new(api_keys: Arc<dyn ApiKeyRepository>) -> Self {
        Self { api_keys }
    }

    /// Whom the token stands for at `now`. `None` if it is no key, an unknown, a revoked or an
    /// expired one.
    pub async fn authenticate(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Principal>, RepositoryError> {
        let Ok(secret) = Secret::parse(token) else {
            return Ok(None);
        };
        let key = self.api_keys.find_by_digest(&secret.digest()).await?;
        Ok(key.and_then(|key| key.principal(now).ok()))
    }
}

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
    use super::redact;

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
