//! From a token to whom it stands for.

use std::collections::HashSet;
use std::sync::Arc;

use models_core::{
    ApiKey, ApiKeyId, ApiKeyRepository, Epoch, KeyDigest, Principal, RepositoryError, Secret,
    Snapshot, Timestamp,
};

use crate::cache::{Cache, Weighed};

/// Knows the keys.
pub struct Authenticator {
    api_keys: Arc<dyn ApiKeyRepository>,
    known: Cache<KeyDigest, Known>,
}

/// What is known of a digest: the key, or that there is none.
struct Known(Option<(ApiKey, Arc<Principal>)>);

impl Weighed for Known {
    fn weight(&self) -> usize {
        /// A dozen short texts.
        const KEY: usize = 1_024;
        self.0.as_ref().map_or(size_of::<Self>(), |_| KEY)
    }
}

impl Authenticator {
    /// Asks these keys, and keeps up to so many bytes in memory.
    #[must_use]
    pub fn new(api_keys: Arc<dyn ApiKeyRepository>, limit: usize) -> Self {
        Self {
            api_keys,
            known: Cache::new(limit),
        }
    }

    /// Whom the token stands for at `now`. `None` if it is no key, an unknown, a revoked or an
    /// expired one.
    pub async fn authenticate(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Principal>>, RepositoryError> {
        let Ok(secret) = Secret::parse(token) else {
            return Ok(None);
        };
        let digest = secret.digest();
        let known = match self.known.get(&digest) {
            Some(known) => known,
            None => {
                self.known
                    .get_or_read(&digest, || self.read(&digest))
                    .await?
            }
        };
        let good = known.0.as_ref().filter(|(key, _)| key.check(now).is_ok());
        Ok(good.map(|(_, principal)| principal.clone()))
    }

    async fn read(&self, digest: &KeyDigest) -> Result<Snapshot<Arc<Known>>, RepositoryError> {
        let Snapshot { position, value } = self.api_keys.find_by_digest(digest).await?;
        let known = Known(value.map(|key| {
            let principal = Arc::new(key.holder());
            (key, principal)
        }));
        Ok(Snapshot {
            position,
            value: Arc::new(known),
        })
    }

    /// Drops these keys, and what is known to be no key.
    pub(crate) fn drop_keys(&self, gone: &HashSet<&ApiKeyId>) {
        self.known.remove_where(|_, known| match &known.0 {
            Some((key, _)) => gone.contains(&key.id),
            None => true,
        });
    }

    pub(crate) fn forget(&self, epoch: &Epoch) {
        self.known.forget(epoch);
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
