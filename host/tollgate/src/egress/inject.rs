//! Puts the credential into a checked request.
//!
//! This is the only place where a key meets a request, after the plugin's last look at it. It goes into one header,
//! never a URL (SECURITY.md E39), and is marked sensitive so that no layer below prints it (S07). Which header is the
//! plugin's wish; that it is not one on which the request's meaning hangs is checked here.

use bytes::BytesMut;
use http::header::{self, HeaderMap, HeaderValue};

use crate::secret::Credential;

use super::denial::Cause;
use super::header::Class;

/// Adds the credential's header.
///
/// # Errors
/// Where the plugin asked for a header that is the host's own, or the value cannot stand in a header.
pub(super) fn inject(headers: &mut HeaderMap, credential: &Credential) -> Result<(), Cause> {
    let name = &credential.placement.header;
    let structural = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::RANGE, header::DATE];
    if matches!(Class::of(name), Class::Managed | Class::Forwarding) || structural.contains(name) {
        return Err(Cause::KeyPlacement(name.clone()));
    }
    let (prefix, key) = (credential.placement.prefix.as_bytes(), credential.secret.expose());
    let mut text = BytesMut::with_capacity(prefix.len() + key.len());
    text.extend_from_slice(prefix);
    text.extend_from_slice(key);
    let mut value = HeaderValue::from_maybe_shared(text.freeze())
        .map_err(|_| Cause::KeyUnusable(credential.source.clone()))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::types::{Placement, SecretRef};

    fn credential(header: &str, prefix: &str, value: &[u8]) -> Credential {
        let placement = Placement { header: header.parse().unwrap(), prefix: prefix.to_owned() };
        Credential::new(
            Secret::new(value.to_vec()).unwrap(),
            placement,
            SecretRef::Env("ACME_KEY".to_owned()),
        )
    }

    #[test]
    fn the_key_goes_into_its_header_and_is_marked() {
        let mut headers = HeaderMap::new();
        inject(&mut headers, &credential("authorization", "Bearer ", b"tgcanary")).unwrap();
        assert_eq!(headers.get("authorization").unwrap(), "Bearer tgcanary");
        assert!(headers.get("authorization").unwrap().is_sensitive());
        assert!(!format!("{headers:?}").contains("tgcanary"));
    }

    #[test]
    fn the_key_goes_into_no_header_that_frames_or_routes() {
        // E04, E33
        for header in [
            "host",
            "content-length",
            "transfer-encoding",
            "te",
            "connection",
            "x-forwarded-host",
            "content-type",
            "accept-encoding",
        ] {
            let refused = inject(&mut HeaderMap::new(), &credential(header, "", b"tgcanary"));
            assert!(matches!(refused, Err(Cause::KeyPlacement(_))), "{header}");
        }
    }

    #[test]
    fn a_key_that_would_break_the_header_is_refused_without_being_shown() {
        // S05
        for value in [&b"tg\r\ncanary"[..], b"tg\ncanary", b"tg\0canary"] {
            let refused = inject(&mut HeaderMap::new(), &credential("authorization", "", value)).unwrap_err();
            assert!(matches!(refused, Cause::KeyUnusable(_)) && !format!("{refused:?}").contains("canary"));
        }
        let prefix = credential("authorization", "x\r\nhost: evil\r\n", b"tgcanary");
        assert!(inject(&mut HeaderMap::new(), &prefix).is_err());
    }
}
