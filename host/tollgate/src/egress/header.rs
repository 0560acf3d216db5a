//! Which headers pass, in both directions.
//!
//! A header's name decides, compared in lower case with `_` read as `-` (SECURITY.md E37): that is how the servers
//! behind it compare. There are four classes. What the host writes itself is replaced (E04, E33, E42); what claims to
//! come from a proxy is dropped; what could carry a credential is refused, so that no plugin talks to a vendor on its
//! own account (E25); the rest passes. On the way back the first three are taken out, and so is any header whose
//! value holds the injected credential (S01).

use std::borrow::Cow;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::denial::Cause;
use super::scrub::Patterns;

/// What a header is to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Connection, framing and routing: the host's own.
    Managed,
    /// Says where a request "really" came from or goes to.
    Forwarding,
    /// May carry a credential.
    Credential,
    /// Anything else.
    Plain,
}

/// Bytes of names and values that a request's headers may have together.
pub(super) const REQUEST_HEADER_BYTES: usize = 64 << 10;

/// Headers that a request or a response may have.
pub(super) const HEADER_COUNT: usize = 100;

impl Class {
    pub(super) fn of(name: &HeaderName) -> Self {
        let name = match name.as_str() {
            plain if !plain.contains('_') => Cow::Borrowed(plain),
            other => Cow::Owned(other.replace('_', "-")),
        };
        if MANAGED.contains(&&*name) {
            Self::Managed
        } else if FORWARDING.contains(&&*name)
            || FORWARDING_FAMILIES.iter().any(|family| name.starts_with(family))
        {
            Self::Forwarding
        } else if is_credential(&name) {
            Self::Credential
        } else {
            Self::Plain
        }
    }
}

/// Takes out of a request what the host writes itself, and refuses what could carry a credential.
///
/// `slot` is the header that the plugin's own credential goes into: it is one whatever its name.
pub(super) fn clean_request(headers: &mut HeaderMap, slot: Option<&HeaderName>) -> Result<(), Cause> {
    let mut dropped = Vec::new();
    for (name, value) in &*headers {
        let class = if slot == Some(name) { Class::Credential } else { Class::of(name) };
        match class {
            Class::Managed | Class::Forwarding => dropped.push(name.clone()),
            Class::Credential => return Err(Cause::CredentialHeader(name.clone())),
            Class::Plain if is_ascii(value) => {}
            Class::Plain => return Err(Cause::HeaderValueForbidden(name.clone())),
        }
    }
    if headers.get_all(header::CONTENT_ENCODING).iter().any(|coding| coding != "identity") {
        return Err(Cause::BodyEncoded);
    }
    for name in dropped {
        headers.remove(name);
    }
    Ok(())
}

/// Takes out of a response, or its trailers, what a plugin must not see. Gives back how often the credential stood
/// in a value.
pub(super) fn clean_response(
    headers: &mut HeaderMap,
    slot: Option<&HeaderName>,
    patterns: Option<&Patterns>,
) -> u32 {
    let mut echoes = 0;
    let mut dropped = Vec::new();
    for (name, value) in &*headers {
        let echoes_key = patterns.is_some_and(|patterns| patterns.occur_in(value.as_bytes()));
        echoes += u32::from(echoes_key);
        let passes =
            slot != Some(name) && (Class::of(name) == Class::Plain || *name == header::CONTENT_LENGTH);
        if echoes_key || !passes {
            dropped.push(name.clone());
        }
    }
    for name in dropped {
        headers.remove(name);
    }
    echoes
}

/// The size of names and values, with the four bytes that each line adds.
pub(super) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn is_ascii(value: &HeaderValue) -> bool {
    value.as_bytes().is_ascii()
}

fn is_credential(name: &str) -> bool {
    let mut before = "";
    name.starts_with("x-amz-")
        || name.split('-').any(|part| {
            let hit = CREDENTIAL_PARTS.contains(&part) || (part == "key" && KEYS_OF.contains(&before));
            before = part;
            hit
        })
}

const MANAGED: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "alt-svc",
];

const FORWARDING: [&str; 13] = [
    "base-url",
    "cf-connecting-ip",
    "client-ip",
    "destination",
    "forwarded",
    "proxy-host",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-method-override",
    "x-real-ip",
];

const FORWARDING_FAMILIES: [&str; 6] =
    ["x-envoy-", "x-forwarded", "x-http-host", "x-http-method", "x-original-", "x-rewrite-"];

/// A header with one of these between its hyphens may carry a credential.
const CREDENTIAL_PARTS: [&str; 21] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "auth",
    "authenticate",
    "authentication",
    "authorization",
    "authtoken",
    "bearer",
    "cookie",
    "cookie2",
    "credential",
    "credentials",
    "dpop",
    "jwt",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
    "secretkey",
];

/// So may one with `key` after one of these, or first: `x-api-key`, `subscription-key`, `key`; not `idempotency-key`.
const KEYS_OF: [&str; 16] = [
    "",
    "access",
    "account",
    "admin",
    "api",
    "app",
    "client",
    "functions",
    "license",
    "master",
    "private",
    "secret",
    "service",
    "session",
    "subscription",
    "x",
];

#[cfg(test)]
mod tests;
