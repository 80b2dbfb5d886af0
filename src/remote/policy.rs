//! Where a redirect may lead: pure rules on URLs and addresses.
//!
//! For `http`, which asks before every hop. It resolves no names itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why a hop is not taken, in words that follow "redirect to X ".
pub(super) type Objection = &'static str;

/// Whether a response from `from` may lead to `to`, by scheme alone.
pub(super) fn scheme_allowed(from: &Url, to: &Url) -> Result<(), Objection> {
    match (from.scheme(), to.scheme()) {
        ("https", "https") | ("http", "http" | "https") => {}
        ("https", "http") => return Err("leaves https for http"),
        _ => return Err("leads to a scheme that is not followed"),
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err("carries credentials of its own");
    }
    Ok(())
}

/// Same scheme, host and port (RFC 6454).
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

/// Whether a URL names this machine by a loopback address or as `localhost`.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(a)) => a.is_loopback(),
        Some(Host::Ipv6(a)) => a.is_loopback() || a.to_ipv4_mapped().is_some_and(|a| a.is_loopback()),
        Some(Host::Domain(name)) => {
            name == "localhost" || name.strip_suffix(".localhost").is_some_and(|n| !n.is_empty())
        }
        None => false,
    }
}

/// Whether an address is one that the whole internet may lead to: neither private, loopback,
/// link-local, shared, reserved nor multicast (RFC 6890 and its IPv6 peers).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => public_v4(a),
        IpAddr::V6(a) => public_v6(a),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn public_v6(address: Ipv6Addr) -> bool {
    // Addresses that carry an IPv4 address within lead where that one leads.
    if let Some(inner) = address.to_ipv4_mapped() {
        return public_v4(inner);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        (0x64, 0xff9b) => c == 0 && d == 0 && e == 0 && f == 0 && inner(g, h),
        (0x2002, _) => inner(b, c),
        (0x2001, 0 | 0xdb8) => false,
        // Only 2000::/3 is handed out; fc00::/7, fe80::/10, ff00::/8, ::1 and :: lie outside.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn redirects_never_weaken_the_scheme() {
        for (from, to, ok) in [
            ("https://a/", "https://b/", true),
            ("http://a/", "https://a/", true),
            ("http://a/", "http://b/", true),
            ("https://a/", "http://a/", false),
            ("https://a/", "file:///etc/passwd", false),
            ("http://a/", "ftp://a/", false),
            ("http://a/", "ssh://a/x", false),
            ("http://a/", "gopher://a/", false),
            ("https://a/", "https://u:p@b/", false),
            ("https://a/", "https://u@b/", false),
        ] {
            assert_eq!(scheme_allowed(&url(from), &url(to)).is_ok(), ok, "{from} -> {to}");
        }
    }

    #[test]
    fn private_addresses_in_every_dress_are_not_public() {
        for text in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "172.32.0.1", "192.0.1.1", "2606:4700::1", "64:ff9b::101:101"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn loopback_is_known_by_address_and_by_name() {
        for text in ["http://127.0.0.1:80/", "http://[::1]/", "http://localhost:1/", "http://a.localhost/"] {
            assert!(is_loopback(&url(text)), "{text}");
        }
        for text in ["http://localhost.evil.example/", "http://10.0.0.1/", "http://notlocalhost/"] {
            assert!(!is_loopback(&url(text)), "{text}");
        }
        // How the URL parser reads numbers is what the client connects to.
        assert!(is_loopback(&url("http://2130706433/")));
    }
}
