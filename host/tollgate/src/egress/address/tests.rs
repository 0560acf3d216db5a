use proptest::prelude::*;

use super::*;
use crate::types::Origin;

fn grant(origin: &str, networks: &[&str]) -> OriginGrant {
    let mut grant = OriginGrant::new(origin.parse().unwrap());
    grant.addresses = networks.iter().map(|network| network.parse().unwrap()).collect();
    grant
}

fn judge(grant: &OriginGrant, addresses: &[&str]) -> Result<usize, Cause> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    check(grant, &addresses, &[]).map(|checked| checked.as_slice().len())
}

fn refused(grant: &OriginGrant, address: &str) -> bool {
    matches!(judge(grant, &[address]), Err(Cause::AddressForbidden(..)))
}

const FORBIDDEN: [&str; 68] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "::127.0.0.1",
    "::169.254.169.254",
    "::8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::10.0.0.5",
    "64:ff9b:1::10.0.0.5",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:a00:1::1",
    "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:808:808::80ff:fffe",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "fe80::1",
    "fe80::5efe:10.0.0.1",
    "2607:f8b0::5efe:10.0.0.1",
    "2607:f8b0::200:5efe:192.168.1.1",
    "2607:f8b0::5efe:8.8.8.8",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
    "::2:3:4:5",
];

#[test]
fn an_address_that_is_not_public_is_refused_in_every_spelling() {
    // E09, E14, E16
    let good = grant("https://api.good.test", &[]);
    for address in FORBIDDEN {
        assert!(refused(&good, address), "{address}");
    }
}

#[test]
fn public_addresses_are_dialled() {
    let good = grant("https://api.good.test", &[]);
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.255.255",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2003::1",
    ];
    for address in public {
        assert_eq!(judge(&good, &[address]), Ok(1), "{address}");
    }
    assert_eq!(judge(&good, &public), Ok(public.len()));
}

#[test]
fn one_bad_address_spoils_the_answer() {
    // E15
    let good = grant("https://api.good.test", &[]);
    for answer in [["1.1.1.1", "10.0.0.5"], ["10.0.0.5", "1.1.1.1"], ["2606:4700::1", "::ffff:10.0.0.5"]] {
        assert!(
            matches!(judge(&good, &answer), Err(Cause::AddressForbidden(_, _, Kind::Private))),
            "{answer:?}"
        );
    }
}

#[test]
fn a_grant_opens_the_networks_that_it_names_and_no_other() {
    let lan = grant("https://gpu.lan", &["10.0.0.0/8", "fd00::/8"]);
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00::1", "8.8.8.8"] {
        assert_eq!(judge(&lan, &[address]), Ok(1), "{address}");
    }
    for address in ["192.168.0.1", "127.0.0.1", "::1", "fe80::1", "224.0.0.1", "fd00:ec2::254"] {
        assert!(refused(&lan, address), "{address}");
    }
}

#[test]
fn a_metadata_service_must_be_named_alone() {
    // E16
    let everything = grant("https://gpu.lan", &["0.0.0.0/0", "::/0"]);
    for address in
        ["169.254.169.254", "168.63.129.16", "::ffff:169.254.169.254", "fd00:ec2::254", "0.0.0.0", "::"]
    {
        assert!(refused(&everything, address), "{address}");
    }
    assert_eq!(judge(&everything, &["169.254.1.1"]), Ok(1));
    assert_eq!(judge(&grant("https://meta.test", &["169.254.169.254/32"]), &["169.254.169.254"]), Ok(1));
}

#[test]
fn loopback_is_open_to_what_is_loopback_by_name() {
    // E14
    for origin in ["http://localhost:8080", "https://api.localhost", "http://127.0.0.1:1", "http://[::1]:1"] {
        assert_eq!(judge(&grant(origin, &[]), &["127.0.0.1"]), Ok(1), "{origin}");
        assert!(refused(&grant(origin, &[]), "10.0.0.1"));
    }
    assert!(refused(&grant("https://rebind.test", &[]), "127.0.0.1"));
    assert_eq!(judge(&grant("http://rebind.test", &["127.0.0.0/8"]), &["127.0.0.1"]), Ok(1));
}

#[test]
fn plain_http_stays_on_loopback_unless_the_grant_says_otherwise() {
    // E21
    let mut lan = grant("http://gpu.lan", &["10.0.0.0/8"]);
    assert!(matches!(judge(&lan, &["10.0.0.1"]), Err(Cause::PlainHttp(_))));
    lan.plain_http = true;
    assert_eq!(judge(&lan, &["10.0.0.1"]), Ok(1));
    assert!(matches!(judge(&lan, &["8.8.8.8"]), Err(Cause::PlainHttp(_))));
    assert_eq!(judge(&grant("http://localhost", &[]), &["127.0.0.1", "::1"]), Ok(2));
}

#[test]
fn the_host_does_not_call_itself() {
    // E30
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let local = |origin: &str, at: &str, own: &str| {
        let grant = grant(origin, &["10.0.0.0/8", "127.0.0.0/8"]);
        check(&grant, &[at.parse().unwrap()], &[address(own)])
    };
    let own = |origin, at, own| matches!(local(origin, at, own), Err(Cause::OwnAddress(_)));
    assert!(own("https://localhost:7000", "127.0.0.1", "127.0.0.1:7000"));
    assert!(own("https://x.test:7000", "::ffff:127.0.0.1", "127.0.0.1:7000"));
    assert!(own("https://x.test:7000", "10.0.0.9", "0.0.0.0:7000"));
    assert!(own("https://x.test:7000", "127.0.0.1", "[::]:7000"));
    assert!(!own("https://localhost:7001", "127.0.0.1", "127.0.0.1:7000"));
    assert!(!own("https://x.test:7000", "8.8.8.8", "0.0.0.0:7000"));
}

proptest! {
    // E09: an embedded address is never better than the address that is in it
    #[test]
    fn an_embedding_never_opens_what_is_shut(bits in any::<u32>()) {
        let inner = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = inner.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let good = OriginGrant::new("https://api.good.test".parse::<Origin>().unwrap());
        let open = |address: IpAddr| check(&good, &[address], &[]).is_ok();
        for outer in [
            inner.to_ipv6_mapped(),
            inner.to_ipv6_compatible(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 1, 2, 3, 4, !high, !low),
            Ipv6Addr::new(0x2607, 0xf8b0, 0, 0, 0, 0x5efe, high, low),
        ] {
            prop_assert!(!open(outer.into()) || open(inner.into()), "{outer}");
        }
    }
}
