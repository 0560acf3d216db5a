//! Where a request is going, parsed once.
//!
//! From here on nobody looks at the plugin's text again: the origin that is compared with the grant is the one that is
//! dialled, named to TLS and written into `host` (SECURITY.md E07). The parsers are those of the grant itself, in
//! [`types`](crate::types); they accept one spelling of everything.

use http::uri::PathAndQuery;
use http::{Method, Uri};

use crate::types::{Origin, Scheme};

use super::denial::{Cause, Given};
use super::failure::Failure;

/// Characters that a query may have.
const QUERY_BYTES: usize = 8 << 10;

/// The methods that any grant can allow. `CONNECT` and `TRACE` never leave (SECURITY.md E20), nor do unknown ones.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A method, an origin, and a path with its query, each in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) method: Method,
    pub(super) origin: Origin,
    /// Not yet judged: that comes after the origin.
    path_and_query: PathAndQuery,
}

impl Target {
    /// Reads method, scheme and authority.
    pub(super) fn parse(method: &Method, uri: &Uri) -> Result<Self, Cause> {
        if !METHODS.contains(method) {
            return Err(Cause::MethodForbidden(Given::new(method.as_str())));
        }
        let scheme = match uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            other => return Err(Cause::SchemeForbidden(Given::new(other.unwrap_or_default()))),
        };
        // never completed from anything: no authority, no destination (E05)
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let origin = Origin::of_authority(scheme, authority)
            .map_err(|error| Cause::AuthorityMalformed(Given::new(authority), error.why()))?;
        let path_and_query = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        Ok(Self { method: method.clone(), origin, path_and_query })
    }

    pub(super) fn path(&self) -> &str {
        self.path_and_query.path()
    }

    pub(super) fn query(&self) -> Option<&str> {
        self.path_and_query.query()
    }

    /// Refuses a query that is too long, or not ASCII.
    pub(super) fn check_query(&self) -> Result<(), Failure> {
        match self.query() {
            Some(query) if query.len() > QUERY_BYTES => Err(Failure::UriTooLong),
            Some(query) if !query.is_ascii() => Err(Cause::PathMalformed(
                Given::new(self.path()),
                "what is not ASCII is percent-encoded in a query",
            )
            .into()),
            Some(_) | None => Ok(()),
        }
    }

    /// What stands in the request line: the path with its query, or the whole URL for a proxy that forwards plain http.
    pub(super) fn request_uri(&self, absolute: bool) -> Uri {
        let mut uri = http::uri::Parts::default();
        // a URL of nothing but a query still has a path on the wire
        uri.path_and_query = match self.query() {
            Some(query) if !self.path_and_query.as_str().starts_with('/') => {
                PathAndQuery::try_from(format!("/?{query}")).ok()
            }
            Some(_) | None => Some(self.path_and_query.clone()),
        };
        if absolute {
            uri.scheme = Some(http::uri::Scheme::HTTP);
            uri.authority = self.origin.authority().parse().ok();
        }
        Uri::from_parts(uri).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &str, uri: &str) -> Result<Target, Cause> {
        Target::parse(&method.parse().unwrap(), &uri.parse().unwrap())
    }

    #[test]
    fn only_ordinary_methods_leave() {
        // E20
        for method in ["CONNECT", "TRACE", "OPTIONS", "get", "Post", "PROPFIND", "QUERY", "X", "PRI"] {
            assert!(matches!(target(method, "https://a.test/"), Err(Cause::MethodForbidden(_))), "{method}");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(target(method, "https://a.test/").is_ok(), "{method}");
        }
    }

    #[test]
    fn only_http_and_https_leave() {
        // E21
        for uri in
            ["ftp://a.test/", "ws://a.test/", "file://a.test/", "httpsx://a.test/", "/v1", "a.test:443"]
        {
            assert!(matches!(target("GET", uri), Err(Cause::SchemeForbidden(_))), "{uri}");
        }
        assert_eq!(target("GET", "HTTPS://a.test/").unwrap().origin.to_string(), "https://a.test");
    }

    #[test]
    fn an_authority_is_never_made_up() {
        // E05, E06, E22: whatever the uri parser lets through
        for authority in [
            ":443",
            "u@a.test",
            "u:p@a.test",
            "a.test:0",
            "a.test:99999",
            "a.test.",
            "2130706433",
            "0x7f.1",
            "[::1%25lo]",
        ] {
            let uri = Uri::builder().scheme("https").authority(authority).path_and_query("/").build();
            if let Ok(uri) = uri {
                let refused = Target::parse(&Method::GET, &uri);
                assert!(matches!(refused, Err(Cause::AuthorityMalformed(..))), "{authority}");
            }
        }
    }

    #[test]
    fn the_request_line_is_built_from_what_was_checked() {
        let line = |uri: &str, absolute| target("GET", uri).unwrap().request_uri(absolute).to_string();
        assert_eq!(line("https://A.test:443/v1/x?a=b", false), "/v1/x?a=b");
        assert_eq!(line("https://a.test", false), "/");
        assert_eq!(line("https://a.test?a=b", false), "/?a=b");
        assert_eq!(line("http://A.test:8080/v1", true), "http://a.test:8080/v1");
        assert_eq!(line("http://a.test:80/v1?x", true), "http://a.test/v1?x");
    }

    #[test]
    fn queries_are_short_and_ascii() {
        let check = |query: String| target("GET", &format!("https://a.test/?{query}")).unwrap().check_query();
        assert!(check("a=b".to_owned()).is_ok());
        assert!(matches!(check("a".repeat(8193)), Err(Failure::UriTooLong)));
        assert!(matches!(check("a=\u{e9}".to_owned()), Err(Failure::Denied(_))));
    }
}
