//! The gateways that may send authorization requests.

use std::net::SocketAddr;

use actix_http::header::HeaderName;
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::dialects::openai::error::ApiError;
use crate::http::fields::Fields;

/// The header with the secret that gateways share with the service.
const X_MODELS_SECRET: HeaderName = HeaderName::from_static("x-models-secret");

/// The SHA-256 of a secret. The time of a comparison of digests tells nothing about the secret. `Debug` does not show the
/// digest, because a short secret can be guessed from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretDigest([u8; 32]);

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest")
    }
}

impl SecretDigest {
    /// The digest of this secret.
    pub(crate) fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

/// The gateways that may send authorization requests.
#[derive(Debug, Default)]
pub(crate) struct Gateways {
    /// The networks of the gateways. Empty: any network.
    pub(crate) clients: Vec<IpNet>,
    /// The secret of the gateways, if they have one.
    pub(crate) secret: Option<SecretDigest>,
}

impl Gateways {
    /// Refuses a peer outside the networks, and a request without the secret.
    pub(crate) fn check(
        &self,
        peer: Option<SocketAddr>,
        fields: &Fields<'_>,
    ) -> Result<(), ApiError> {
        if !self.clients.is_empty() {
            let address = peer.map(|peer| peer.ip().to_canonical());
            let is_client = |address| {
                self.clients
                    .iter()
                    .any(|network| network.contains(&address))
            };
            if !address.is_some_and(is_client) {
                return Err(ApiError::UnknownGateway);
            }
        }
        let Some(secret) = self.secret else {
            return Ok(());
        };
        let mut sent = fields.headers().get_all(X_MODELS_SECRET);
        let is_secret = |sent: &[u8]| SecretDigest::of(sent) == secret;
        match (sent.next(), sent.next()) {
            (Some(sent), None) if is_secret(sent.as_bytes()) => Ok(()),
            _ => Err(ApiError::UnknownGateway),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_http::test::TestRequest;

    use super::*;

    fn check(gateways: &Gateways, peer: &str, secrets: &[&str]) -> bool {
        let mut request = TestRequest::default();
        for secret in secrets {
            request.append_header(("X-Models-Secret", *secret));
        }
        let request = request.finish();
        let peer = peer.parse().ok();
        gateways.check(peer, &Fields::of(request.head())).is_ok()
    }

    #[test]
    fn a_gateway_is_in_a_network_and_has_the_secret() {
        let clients: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let secret = Some(SecretDigest::of(b"of the gateway"));
        let both = Gateways {
            clients: clients.clone(),
            secret,
        };
        let in_network = Gateways {
            clients,
            secret: None,
        };
        let with_secret = Gateways {
            clients: vec![],
            secret,
        };
        for (peer, secrets, expected) in [
            ("10.1.2.3:1", &["of the gateway"][..], [true, true, true]),
            (
                "[::ffff:10.1.2.3]:1",
                &["of the gateway"],
                [true, true, true],
            ),
            ("10.1.2.3:1", &[], [false, true, false]),
            ("10.1.2.3:1", &["of another"], [false, true, false]),
            (
                "10.1.2.3:1",
                &["of the gateway", "of the gateway"],
                [false, true, false],
            ),
            ("11.1.2.3:1", &["of the gateway"], [false, false, true]),
            ("no address", &["of the gateway"], [false, false, true]),
        ] {
            let found =
                [&both, &in_network, &with_secret].map(|gateways| check(gateways, peer, secrets));
            assert_eq!(found, expected, "{peer} {secrets:?}");
        }
        assert!(check(&Gateways::default(), "11.1.2.3:1", &[]));
    }
}
