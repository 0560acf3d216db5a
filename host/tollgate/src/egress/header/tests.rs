use proptest::prelude::*;

use super::*;

fn class(name: &str) -> Class {
    Class::of(&name.parse().unwrap())
}

const CREDENTIALS: [&str; 36] = [
    "authorization",
    "proxy-authorization",
    "x-authorization",
    "x-serverless-authorization",
    "authentication",
    "x-api-key",
    "api-key",
    "apikey",
    "x-apikey",
    "x-goog-api-key",
    "x-rapidapi-api-key",
    "ocp-apim-subscription-key",
    "x-functions-key",
    "x-auth-token",
    "x-auth-key",
    "x-auth",
    "x-access-token",
    "access-token",
    "x-token",
    "token",
    "private-token",
    "job-token",
    "x-vault-token",
    "x-subscription-token",
    "x-session-key",
    "cookie",
    "cookie2",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-date",
    "x-amz-target",
    "x-client-secret",
    "x-password",
    "x-jwt-assertion",
    "dpop",
    "key",
];

#[test]
fn what_could_carry_a_credential_is_known_by_its_name() {
    // E25, E37
    for name in CREDENTIALS {
        for spelled in
            [name.to_owned(), name.to_ascii_uppercase(), name.replace('-', "_"), name.replacen('-', "_", 1)]
        {
            assert_eq!(class(&spelled), Class::Credential, "{spelled}");
        }
    }
}

#[test]
fn ordinary_headers_pass() {
    let plain = [
        "accept",
        "content-type",
        "user-agent",
        "anthropic-version",
        "anthropic-beta",
        "openai-organization",
        "openai-project",
        "openai-beta",
        "idempotency-key",
        "x-request-id",
        "x-goog-api-client",
        "x-goog-user-project",
        "x-title",
        "http-referer",
        "x-ratelimit-remaining-tokens",
        "anthropic-ratelimit-tokens-limit",
        "retry-after",
        "location",
        "refresh",
        "date",
        "x-stainless-lang",
        "traceparent",
        "openai-processing-ms",
        "content-encoding",
        "cache-control",
    ];
    for name in plain {
        assert_eq!(class(name), Class::Plain, "{name}");
    }
}

#[test]
fn routing_and_framing_are_the_hosts_own() {
    // E04, E33, E42
    for name in [
        "Host",
        "HOST",
        "Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "transfer_encoding",
        "Content-Length",
        "Expect",
    ] {
        assert_eq!(class(name), Class::Managed, "{name}");
    }
    for name in [
        "Forwarded",
        "X-Forwarded-Host",
        "X_Forwarded_For",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "X-Real-IP",
        "Via",
        "X-Host",
        "X-Envoy-Original-Path",
        "True-Client-IP",
        "X-HTTP-Host-Override",
        "X-Method-Override",
    ] {
        assert_eq!(class(name), Class::Forwarding, "{name}");
    }
}

#[test]
fn a_request_keeps_its_plain_headers_only() {
    let mut headers: HeaderMap = [
        ("content-type", "application/json"),
        ("host", "evil.test"),
        ("via", "x"),
        ("accept-encoding", "gzip"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect();
    clean_request(&mut headers, None).unwrap();
    assert_eq!(headers.keys().collect::<Vec<_>>(), ["content-type"]);
}

#[test]
fn a_slots_own_header_is_a_credential_whatever_its_name() {
    // E25
    let slot: HeaderName = "x-acme".parse().unwrap();
    let mut headers = HeaderMap::from_iter([(slot.clone(), HeaderValue::from_static("mine"))]);
    assert_eq!(clean_request(&mut headers.clone(), Some(&slot)), Err(Cause::CredentialHeader(slot.clone())));
    assert_eq!(clean_request(&mut headers, None), Ok(()));
    assert_eq!(clean_response(&mut headers, Some(&slot), None), 0);
    assert!(headers.is_empty());
}

#[test]
fn values_are_ascii_and_bodies_are_not_encoded() {
    // E37
    let map = |name: &'static str, value: &[u8]| {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())])
    };
    assert!(matches!(
        clean_request(&mut map("x-title", b"caf\xc3\xa9"), None),
        Err(Cause::HeaderValueForbidden(_))
    ));
    assert_eq!(clean_request(&mut map("content-encoding", b"gzip"), None), Err(Cause::BodyEncoded));
    assert_eq!(clean_request(&mut map("content-encoding", b"identity"), None), Ok(()));
    for bad in [&b"a\r\nb"[..], b"a\nb", b"a\0b", b"a\x7fb", b"a\rb"] {
        assert!(HeaderValue::from_bytes(bad).is_err());
    }
    for bad in ["", "x ", "x\t", " x", "x:", "x\r\n", "x\0", "x\u{e9}", "x(y)", ":authority", "x y"] {
        assert!(HeaderName::from_bytes(bad.as_bytes()).is_err(), "{bad:?}");
    }
}

#[test]
fn a_response_keeps_no_credential_header() {
    // S01
    let mut headers: HeaderMap = [
        "authorization",
        "x-api-key",
        "set-cookie",
        "www-authenticate",
        "connection",
        "content-length",
        "retry-after",
    ]
    .into_iter()
    .map(|name| (name.parse().unwrap(), HeaderValue::from_static("1")))
    .collect();
    assert_eq!(clean_response(&mut headers, None, None), 0);
    let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["content-length", "retry-after"]);
}

proptest! {
    // E37: neither case nor underscores change a header's class
    #[test]
    fn spelling_does_not_change_a_class(pick in 0..CREDENTIALS.len(), upper in any::<u64>(), under in any::<u64>()) {
        let spelled: String = CREDENTIALS[pick]
            .char_indices()
            .map(|(at, c)| if c == '-' && under >> (at % 64) & 1 == 1 { '_' } else { c })
            .enumerate()
            .map(|(at, c)| if upper >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        prop_assert_eq!(class(&spelled), Class::Credential);
    }
}
