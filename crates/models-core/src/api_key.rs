//! API keys and their secrets.

mod access;
mod key;
mod principal;
mod secret;
mod validity;

pub use self::access::KeyAccess;
pub use self::key::{ApiKey, ApiKeyId, ListedApiKey};
pub use self::principal::Principal;
pub use self::secret::{KeyDigest, Secret};
pub use self::validity::{KeyRejection, Suspension, Validity};
