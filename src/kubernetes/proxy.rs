//! Which servers are reached without the proxy that the environment names.

use std::net::IpAddr;

use http::Uri;

/// Whether a connection to `server` bypasses the proxy of `$HTTPS_PROXY`, as kubectl decides it
/// (Go's `ProxyFromEnvironment`): plain HTTP has a proxy variable of its own, loopback addresses
/// never need one, and `$NO_PROXY` lists the rest.
///
/// kube 5.0 takes `$HTTPS_PROXY` for every server and compares `$NO_PROXY` with the proxy's own
/// host.
pub(super) fn goes_direct(server: &Uri, no_proxy: &str) -> bool {
    let Some(host) = server.host() else { return false };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    let is_listed = || no_proxy.split(',').any(|entry| covers(entry.trim(), &host, address, server.port_u16()));
    server.scheme_str() == Some("http") || is_here || is_listed()
}

/// Whether one entry of `$NO_PROXY` covers a server: `*`, an address or a range of them, or a
/// domain with everything below it, perhaps with a port.
fn covers(entry: &str, host: &str, address: Option<IpAddr>, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some(address) = address {
        return is_in_range(entry, address);
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok()),
        None => (entry, None),
    };
    let name = name.trim_start_matches('*').to_ascii_lowercase();
    let domain = name.trim_start_matches('.');
    let is_below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_it = host == domain && !name.starts_with('.');
    !domain.is_empty() && (is_it || is_below()) && wanted_port.is_none_or(|wanted: u16| port.unwrap_or(443) == wanted)
}

fn is_in_range(entry: &str, address: IpAddr) -> bool {
    let (network, length) = match entry.split_once('/') {
        Some((network, length)) => (network, length.parse::<u32>().ok()),
        None => (entry, Some(u128::BITS)),
    };
    let (Ok(network), Some(length)) = (network.parse(), length) else { return false };
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => (network.to_bits().into(), address.to_bits().into(), u32::BITS),
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), u128::BITS),
        _ => return false,
    };
    let differing: u128 = network ^ address;
    differing.checked_shr(width.saturating_sub(length)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_off_the_proxy() {
        const EKS: &str = "https://0C4F.gr7.us-west-2.eks.amazonaws.com";
        for (server, no_proxy, direct) in [
            (EKS, "", false),
            (EKS, "*", true),
            (EKS, ".eks.amazonaws.com", true),
            (EKS, "localhost, *.eks.amazonaws.com", true),
            (EKS, "amazonaws.com:443", true),
            (EKS, "amazonaws.com:8443", false),
            (EKS, "zonaws.com", false),
            (EKS, "10.0.0.0/8", false),
            ("https://eks.amazonaws.com", ".eks.amazonaws.com", false),
            ("https://10.1.2.3:6443", "10.0.0.0/8", true),
            ("https://10.1.2.3:6443", "10.1.2.3", true),
            ("https://11.1.2.3", "10.0.0.0/8,10.1.2.3", false),
            ("https://11.1.2.3", "0.0.0.0/0", true),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fe00::1]:6443", "fd00::/8", false),
            ("https://127.0.0.1:6443", "", true),
            ("https://localhost:6443", "", true),
            ("http://10.1.2.3", "", true),
        ] {
            let uri = server.parse().expect("a URL");
            assert_eq!(goes_direct(&uri, no_proxy), direct, "{server} with NO_PROXY={no_proxy}");
        }
    }
}
