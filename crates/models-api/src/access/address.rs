//! The client's address.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};

use actix_http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` names the client.
#[derive(Default)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
    /// Whether each peer is a trusted proxy.
    trusts_peers: bool,
    /// Whether the node has warned about the header from an untrusted peer.
    has_warned: AtomicBool,
}

impl TrustedProxies {
    pub(crate) fn new(networks: Vec<IpNet>) -> Self {
        Self {
            networks,
            trusts_peers: false,
            has_warned: AtomicBool::new(false),
        }
    }

    /// These proxies, and each peer, for a listener that only gateways use.
    pub(crate) fn and_peers(&self) -> Self {
        Self {
            trusts_peers: true,
            ..Self::new(self.networks.clone())
        }
    }

    /// Returns the address to which limits apply. If the peer is not a trusted proxy, this is the peer's address.
    /// Otherwise it is the last address in `X-Forwarded-For` that is not a trusted proxy's. An IPv6 address is reduced to
    /// its /64, because one client usually owns all addresses of a /64.
    pub(crate) fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts_peers && !self.trusts(peer) && headers.contains_key(X_FORWARDED_FOR) {
            self.warn_of(peer);
        }
        match self.last_untrusted(peer, headers) {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
                address.to_bits() & !u128::from(u64::MAX),
            )),
            address @ IpAddr::V4(_) => address,
        }
    }

    /// Returns the client's whole address, for the log.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.last_untrusted(peer.to_canonical(), headers)
    }

    fn last_untrusted(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let mut is_trusted = self.trusts_peers || self.trusts(peer);
        let values: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
        let named = values
            .iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','));
        for name in named {
            // Only an address that a trusted proxy appended can be trusted.
            let (true, Ok(address)) = (is_trusted, name.trim().parse::<IpAddr>()) else {
                break;
            };
            client = address.to_canonical();
            is_trusted = self.trusts(client);
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    fn warn_of(&self, peer: IpAddr) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "ignored X-Forwarded-For from an untrusted peer; if the peer is your gateway, add it to \
                 `server.trusted_proxies`, or all its clients share one limit on incorrect API keys"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_http::header::HeaderValue;

    use super::*;

    #[test]
    fn x_forwarded_for_counts_only_from_a_trusted_proxy() {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let proxies = TrustedProxies::new(networks.into());
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &[][..], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                &["203.0.113.9", "198.51.100.7, 10.1.1.1"],
                "198.51.100.7",
            ),
            ("10.0.0.1", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
            ("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1"),
            ("fd00::1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(value));
            }
            let found = proxies.client_address(peer.parse().unwrap(), &headers);
            assert_eq!(
                found,
                expected.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded:?}"
            );
        }
    }
}
