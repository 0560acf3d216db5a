//! Which addresses may be dialled, judged in canonical form.
//!
//! A name is what the operator granted; an address is what DNS says of it today. Between the two stands this table:
//! an address is dialled if it is a public one, or if the grant names its network. IPv6 has many ways to write an IPv4
//! address; each is unwrapped and judged as that IPv4 address (SECURITY.md E09), so there is no spelling to hide in.
//! What is not known to be public is not. An answer with one bad address is refused whole (E15): the mixture is the
//! attack.
//!
//! Three kinds need more than a network: loopback is open to origins that are loopback by name, metadata services
//! only to a grant of that very address, and what is no destination at all to nobody.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::types::{OriginGrant, Scheme};

use super::denial::Cause;

/// What an address is, as far as the gate cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reachable by everyone.
    Public,
    /// This machine.
    Loopback,
    /// A cloud's metadata service: it hands out credentials.
    Metadata,
    /// Somebody's own network.
    Private,
    /// An IPv4 address in a tunnel's clothes.
    Tunnel,
    /// No destination at all.
    Unusable,
}

impl Kind {
    /// The row of SECURITY.md that asks for its refusal.
    pub(crate) const fn row(self) -> &'static str {
        match self {
            Self::Public | Self::Private | Self::Unusable => "E15",
            Self::Loopback => "E14",
            Self::Metadata => "E16",
            Self::Tunnel => "E09",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Loopback => "this machine",
            Self::Metadata => "a metadata service",
            Self::Private => "not a public address",
            Self::Tunnel => "a tunnel's address",
            Self::Unusable => "no address of a server",
        })
    }
}

/// Addresses that a request may go to. Only [`check`] makes one, and a connection is made to nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked(Vec<SocketAddr>);

impl Checked {
    /// A proxy's addresses: the operator named it, so they are not judged.
    pub(super) fn of_proxy(addresses: &[IpAddr], port: u16) -> Self {
        Self(addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    pub(super) fn as_slice(&self) -> &[SocketAddr] {
        &self.0
    }
}

/// Judges all that a name resolved to, or the address that stands in its place.
///
/// `own` are the addresses on which the host itself listens (SECURITY.md E30).
///
/// # Errors
/// The first address that may not be dialled; then none may.
pub(super) fn check(grant: &OriginGrant, addresses: &[IpAddr], own: &[SocketAddr]) -> Result<Checked, Cause> {
    let origin = &grant.origin;
    for address in addresses {
        let canonical = canonical(*address);
        let kind = kind(canonical, *address);
        let listed = listed(&grant.addresses, *address, canonical, kind);
        let allowed = match kind {
            Kind::Public => true,
            Kind::Loopback => origin.host.is_loopback() || listed,
            Kind::Metadata | Kind::Private | Kind::Tunnel => listed,
            Kind::Unusable => false,
        };
        if !allowed {
            return Err(Cause::AddressForbidden(origin.clone(), *address, kind));
        }
        let clear = kind == Kind::Loopback || (grant.plain_http && listed);
        if origin.scheme == Scheme::Http && !clear {
            return Err(Cause::PlainHttp(origin.clone()));
        }
        if own.iter().any(|own| is_own(*own, canonical, kind, origin.port)) {
            return Err(Cause::OwnAddress(origin.clone()));
        }
    }
    Ok(Checked(addresses.iter().map(|address| SocketAddr::new(*address, origin.port)).collect()))
}

/// Whether the grant names the address. A metadata service must be named alone: `10.0.0.0/8` never means one.
fn listed(networks: &[IpNet], address: IpAddr, canonical: IpAddr, kind: Kind) -> bool {
    networks.iter().any(|network| {
        let alone = network.prefix_len() == network.max_prefix_len();
        (alone || kind != Kind::Metadata) && (network.contains(&canonical) || network.contains(&address))
    })
}

/// An unspecified listen address stands for every address of this machine, of which only the public ones are not
/// known to the host.
fn is_own(own: SocketAddr, address: IpAddr, kind: Kind, port: u16) -> bool {
    let everywhere = own.ip().is_unspecified() && kind != Kind::Public;
    own.port() == port && (everywhere || canonical(own.ip()) == address)
}

/// The IPv4 address inside an IPv6 one, where there is one; else the address.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    embedded(v6).map_or(address, IpAddr::V4)
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match [s0, s1, s2, s3, s4, s5] {
        // ::ffff:0:0/96 mapped, ::ffff:0:0:0/96 translated, 64:ff9b::/96 and (its commonest form) 64:ff9b:1::/48 NAT64
        [0, 0, 0, 0, 0, 0xffff]
        | [0, 0, 0, 0, 0xffff, 0]
        | [0x64, 0xff9b, 0, 0, 0, 0]
        | [0x64, 0xff9b, 1, ..] => v4(s6, s7),
        // ::/96, compatible; `::` and `::1` are themselves
        [0, 0, 0, 0, 0, 0] if s6 != 0 || s7 > 1 => v4(s6, s7),
        // 2002::/16, 6to4
        [0x2002, high, low, ..] => v4(high, low),
        // 2001::/32, Teredo: the client's address, inverted
        [0x2001, 0, ..] => v4(!s6, !s7),
        // any prefix, ISATAP: the interface is 0:5efe or 200:5efe and an IPv4 address
        [_, _, _, _, 0 | 0x200, 0x5efe] => v4(s6, s7),
        _ => None,
    }
}

fn kind(canonical: IpAddr, address: IpAddr) -> Kind {
    let inner = match canonical {
        IpAddr::V4(v4) => kind_v4(v4),
        IpAddr::V6(v6) => kind_v6(v6),
    };
    // mapped and NAT64 addresses are how some networks reach IPv4; the other tunnels have no honest use left
    let tunnelled = matches!(address, IpAddr::V6(v6) if canonical != address && !is_translated(v6));
    if tunnelled && inner == Kind::Public { Kind::Tunnel } else { inner }
}

fn is_translated(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..])
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let within = |networks: &[Ipv4Net]| networks.iter().any(|network| network.contains(&address));
    if METADATA_V4.contains(&address) {
        Kind::Metadata
    } else if address.is_loopback() {
        Kind::Loopback
    } else if within(&UNUSABLE_V4) {
        Kind::Unusable
    } else if within(&PRIVATE_V4) {
        Kind::Private
    } else {
        Kind::Public
    }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let within = |networks: &[Ipv6Net]| networks.iter().any(|network| network.contains(&address));
    if METADATA_V6.contains(&address) {
        Kind::Metadata
    } else if address.is_loopback() {
        Kind::Loopback
    } else if address.is_unspecified() || address.is_multicast() {
        Kind::Unusable
    } else if GLOBAL_V6.contains(&address) && !within(&PRIVATE_V6) {
        Kind::Public
    } else {
        Kind::Private
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = first;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Metadata services of AWS (also its containers'), Google, Azure, Alibaba and Oracle; Azure's second one looks public.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// "This network", multicast, reserved and broadcast.
const UNUSABLE_V4: [Ipv4Net; 3] = [v4(0, 0, 0, 0, 8), v4(224, 0, 0, 0, 4), v4(240, 0, 0, 0, 4)];

/// The rest of IANA's registry of special addresses that are not globally reachable.
const PRIVATE_V4: [Ipv4Net; 13] = [
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
];

/// Global unicast, outside of which nothing is public.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What is not public within it: protocol assignments with benchmarking and ORCHID, documentation, 6to4.
const PRIVATE_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0], 32),
    v6([0x2002, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0], 20),
];

#[cfg(test)]
mod tests;
