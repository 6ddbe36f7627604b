//! API keys, their secrets and their roles.

mod key;
mod principal;
mod role;
mod secret;

pub use self::key::{ApiKey, ApiKeyId, KeyRejection, ListedApiKey, Validity};
pub use self::principal::Principal;
pub use self::role::Role;
pub use self::secret::{KeyDigest, Secret};
