//! Access control: credentials, permissions, rate limits and trusted proxies.

pub(crate) mod address;
pub(crate) mod administrator;
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod failure_limit;
pub(crate) mod gateway;
pub(crate) mod key_refusal;
pub(crate) mod look_up;
pub(crate) mod permission;
pub(crate) mod rate_limit;
pub(crate) mod redaction;
pub(crate) mod services;
pub(crate) mod session;
