//! The client's address behind proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Finds the client's address behind proxies.
pub(crate) struct ClientAddress {
    trusted: Vec<IpNet>,
    warned: AtomicBool,
}

impl ClientAddress {
    pub(crate) fn new(trusted: Vec<IpNet>) -> Self {
        Self {
            trusted,
            warned: AtomicBool::new(false),
        }
    }

    /// The peer, or behind trusted proxies the right-most address of
    /// `X-Forwarded-For` that is not one of them. What cannot be read, and
    /// everything left of it, is not believed. IPv4-mapped addresses are IPv4.
    pub(crate) fn of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.is_trusted(client) {
            if is_private(client) && headers.contains_key(FORWARDED_FOR) {
                self.warn_once(client);
            }
            return client;
        }
        let values: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .map(|value| value.to_str().unwrap_or("unreadable"))
            .collect();
        for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            let Some(address) = parse(hop) else {
                break;
            };
            client = address;
            if !self.is_trusted(client) {
                break;
            }
        }
        client
    }

    /// A peer in a private network that forwards is most likely our own proxy:
    /// without trust in it all clients are one address, and share its limits.
    fn warn_once(&self, peer: IpAddr) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "a proxy that is not in TRUSTED_PROXIES sends X-Forwarded-For: all its clients \
                 count as one address"
            );
        }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// Whether an address is of this machine or of a private network.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// An address, with or without port: some proxies write one.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        let address = ClientAddress::new(trusted.to_vec());
        address.of(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_forwards() {
        assert_eq!(of("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_untrusted_address_counts() {
        assert_eq!(
            of("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.2.3.4"]),
            "198.51.100.7"
        );
        assert_eq!(
            of("10.0.0.1", &["1.1.1.1", "198.51.100.7", "10.2.3.4"]),
            "198.51.100.7"
        );
        assert_eq!(of("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(of("fd00::1", &["[2001:db8::5]:443"]), "2001:db8::5");
        assert_eq!(of("fd00::1", &["[2001:db8::5]"]), "2001:db8::5");
    }

    #[test]
    fn what_cannot_be_read_hides_everything_left_of_it() {
        assert_eq!(
            of("10.0.0.1", &["198.51.100.7, what, 10.2.3.4"]),
            "10.2.3.4"
        );
        assert_eq!(of("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn mapped_addresses_are_folded_before_anything_is_decided() {
        assert_eq!(
            of("::ffff:10.0.0.1", &["::ffff:198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(of("::ffff:203.0.113.9", &["198.51.100.7"]), "203.0.113.9");
    }

    proptest! {
        #[test]
        fn a_client_cannot_move_the_address_that_the_proxy_appended(
            forged in "[ -~]{0,60}", client in any::<[u8; 4]>()
        ) {
            let client = IpAddr::from(client);
            prop_assume!(!client.to_string().starts_with("10."));
            let header = format!("{forged}, {client}");
            prop_assert_eq!(of("10.0.0.1", &[&header]), client.to_string());
        }
    }
}
