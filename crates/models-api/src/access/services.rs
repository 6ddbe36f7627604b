//! The services that the routes share.

use std::sync::Arc;

use models_core::AdminApiKeyId;

use crate::access::address::TrustedProxies;
use crate::access::credentials::CredentialPlaces;
use crate::access::failure_limit::FailureLimit;
use crate::access::rate_limit::RateLimit;
use crate::dialects::openai::encoder::Encoder;
use crate::node::Node;
use crate::server::metrics::Metrics;
use crate::settings::Settings;

/// The node, the metrics and the rules of access.
pub(crate) struct Services {
    pub(crate) node: Node,
    pub(crate) metrics: Arc<Metrics>,
    /// Compresses lists.
    pub(crate) encoder: Encoder,
    /// The rate limit of keys, if the settings have one.
    pub(crate) rate_limit: Option<RateLimit>,
    /// The same rate limit of admin keys.
    pub(crate) admin_rate_limit: Option<RateLimit<AdminApiKeyId>>,
    /// The limit on incorrect keys from one address, if the settings have one.
    pub(crate) failure_limit: Option<FailureLimit>,
    /// The proxies whose `X-Forwarded-For` names the client.
    pub(crate) trusted_proxies: TrustedProxies,
    /// The places in which requests carry keys.
    pub(crate) credentials: CredentialPlaces,
    /// Whether to ignore `OpenAI-Organization` and `OpenAI-Project`.
    pub(crate) ignore_organization_headers: bool,
    /// Whether the audit log has the addresses of clients.
    pub(crate) record_client_addresses: bool,
}

impl Services {
    pub(crate) fn new(settings: &Settings, node: Node, metrics: Arc<Metrics>) -> Self {
        Self {
            encoder: Encoder::new(node.catalog.clone(), metrics.encodings.clone()),
            node,
            metrics,
            rate_limit: RateLimit::new(settings.limits.requests_per_minute),
            admin_rate_limit: RateLimit::new(settings.limits.requests_per_minute),
            failure_limit: FailureLimit::new(&settings.limits),
            trusted_proxies: TrustedProxies::new(settings.server.trusted_proxies.clone()),
            credentials: settings.server.credentials.iter().copied().collect(),
            ignore_organization_headers: settings.server.ignore_organization_headers,
            record_client_addresses: settings.audit.client_addresses,
        }
    }
}
