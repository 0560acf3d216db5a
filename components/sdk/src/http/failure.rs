//! From `wasi:http`'s error codes to the contract's errors.
//!
//! The one judgement in it is `request_sent`: a code that can only come before the first byte left says so, every
//! other is taken to have come after, since what may have been billed must not be repeated lightly.

use wasip2::http::types::{ErrorCode, HeaderError};

use crate::types::{Error, ErrorKind};

/// A failure of a request to `authority`, of which no answer has come.
pub(super) fn of_request(code: &ErrorCode, authority: &str) -> Error {
    let (kind, sent, what) = judge(code);
    let error = Error::new(kind, format!("request to `{authority}`: {}", what.as_ref()));
    if sent { error.sent() } else { error }
}

/// A failure of an answer that had begun with this status.
pub(super) fn of_answer(code: Option<&ErrorCode>, status: u16) -> Error {
    let (kind, what) = match code {
        Some(code) => {
            let (kind, _, what) = judge(code);
            (kind, what)
        }
        None => (ErrorKind::Connection, "the connection broke".into()),
    };
    Error::new(kind, format!("the vendor's answer broke off: {what}")).with_status(status)
}

/// A header that `wasi:http` does not take.
pub(super) fn of_header(name: &str, error: HeaderError) -> Error {
    match error {
        HeaderError::InvalidSyntax => {
            Error::new(ErrorKind::InvalidRequest, format!("header `{name}` is not well-formed"))
        }
        HeaderError::Forbidden | HeaderError::Immutable => {
            Error::new(ErrorKind::Denied, format!("header `{name}` is the host's to set"))
        }
    }
}

type What = std::borrow::Cow<'static, str>;

/// The kind, whether bytes may have left, and the words.
fn judge(code: &ErrorCode) -> (ErrorKind, bool, What) {
    if let Some((kind, what)) = before_sending(code) {
        return (kind, false, what.into());
    }
    let (kind, what) = match code {
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            (ErrorKind::Timeout, "the vendor took too long to answer")
        }
        ErrorCode::ConnectionWriteTimeout => {
            (ErrorKind::Timeout, "the vendor took too long to read the request")
        }
        ErrorCode::ConnectionTerminated => (ErrorKind::Connection, "the connection broke"),
        ErrorCode::HttpResponseIncomplete => (ErrorKind::Connection, "the answer was cut off"),
        ErrorCode::HttpRequestBodySize(_) => (ErrorKind::RequestTooLarge, "the request's body is too large"),
        ErrorCode::HttpResponseHeaderSectionSize(_) | ErrorCode::HttpResponseHeaderSize(_) => {
            (ErrorKind::MalformedResponse, "the answer's headers are too large")
        }
        ErrorCode::HttpResponseBodySize(_) => (ErrorKind::MalformedResponse, "the answer is too large"),
        ErrorCode::HttpResponseTrailerSectionSize(_) | ErrorCode::HttpResponseTrailerSize(_) => {
            (ErrorKind::MalformedResponse, "the answer's trailers are too large")
        }
        ErrorCode::HttpResponseTransferCoding(_) | ErrorCode::HttpResponseContentCoding(_) => {
            (ErrorKind::MalformedResponse, "the answer has an encoding that nobody asked for")
        }
        ErrorCode::HttpUpgradeFailed | ErrorCode::HttpProtocolError => {
            (ErrorKind::MalformedResponse, "the answer is not HTTP")
        }
        ErrorCode::InternalError(Some(what)) => {
            return (ErrorKind::Connection, true, format!("the host failed: {what}").into());
        }
        _ => (ErrorKind::Connection, "the host failed"),
    };
    (kind, true, what.into())
}

/// The codes that come before the first byte of a request leaves.
fn before_sending(code: &ErrorCode) -> Option<(ErrorKind, &'static str)> {
    Some(match code {
        ErrorCode::HttpRequestDenied => {
            (ErrorKind::Denied, "the host did not let it out: the grant does not cover this request")
        }
        ErrorCode::DestinationIpProhibited => {
            (ErrorKind::Denied, "the host does not connect to such an address")
        }
        ErrorCode::LoopDetected => (ErrorKind::Denied, "the host does not connect to itself"),
        ErrorCode::DnsTimeout => (ErrorKind::Timeout, "the name was not resolved in time"),
        ErrorCode::ConnectionTimeout => (ErrorKind::Timeout, "no connection came about in time"),
        ErrorCode::DnsError(_) => (ErrorKind::Connection, "the name could not be resolved"),
        ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => (ErrorKind::Connection, "it cannot be reached"),
        ErrorCode::ConnectionRefused => (ErrorKind::Connection, "the connection was refused"),
        ErrorCode::ConnectionLimitReached => (ErrorKind::Connection, "too many connections are open"),
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
            (ErrorKind::Connection, "no TLS connection came about")
        }
        ErrorCode::TlsCertificateError => (ErrorKind::Connection, "its certificate is not trusted"),
        ErrorCode::ConfigurationError => (ErrorKind::Connection, "the host is not set up for it"),
        ErrorCode::HttpRequestMethodInvalid | ErrorCode::HttpRequestUriInvalid => {
            (ErrorKind::InvalidRequest, "its method or address is not well-formed")
        }
        ErrorCode::HttpRequestLengthRequired => (ErrorKind::InvalidRequest, "it must say its length"),
        ErrorCode::HttpRequestUriTooLong => (ErrorKind::RequestTooLarge, "its address is too long"),
        ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_) => (ErrorKind::RequestTooLarge, "its headers are too large"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gate_refuses_was_not_sent() {
        for code in
            [ErrorCode::HttpRequestDenied, ErrorCode::DestinationIpProhibited, ErrorCode::LoopDetected]
        {
            let error = of_request(&code, "vendor.test");
            assert_eq!((error.kind, error.request_sent), (ErrorKind::Denied, false), "{code:?}");
            assert!(error.message.contains("vendor.test"));
        }
    }

    #[test]
    fn a_time_out_says_on_which_side_of_sending_it_came() {
        for (code, sent) in [
            (ErrorCode::DnsTimeout, false),
            (ErrorCode::ConnectionTimeout, false),
            (ErrorCode::ConnectionReadTimeout, true),
            (ErrorCode::ConnectionWriteTimeout, true),
            (ErrorCode::HttpResponseTimeout, true),
        ] {
            let error = of_request(&code, "vendor.test");
            assert_eq!((error.kind, error.request_sent), (ErrorKind::Timeout, sent), "{code:?}");
        }
    }

    #[test]
    fn what_is_not_known_to_come_before_sending_came_after() {
        for code in [
            ErrorCode::ConnectionTerminated,
            ErrorCode::HttpProtocolError,
            ErrorCode::HttpRequestBodySize(None),
            ErrorCode::HttpResponseBodySize(None),
            ErrorCode::InternalError(None),
            ErrorCode::InternalError(Some("odd".to_owned())),
        ] {
            assert!(of_request(&code, "vendor.test").request_sent, "{code:?}");
        }
        assert!(!of_request(&ErrorCode::ConnectionRefused, "vendor.test").request_sent);
    }

    #[test]
    fn an_answer_that_breaks_off_was_always_sent_for() {
        for code in [None, Some(&ErrorCode::HttpResponseIncomplete), Some(&ErrorCode::ConnectionTerminated)] {
            let error = of_answer(code, 200);
            assert_eq!(
                (error.kind, error.request_sent, error.status),
                (ErrorKind::Connection, true, Some(200))
            );
        }
        assert!(of_answer(Some(&ErrorCode::ConnectionRefused), 200).request_sent);
    }

    #[test]
    fn a_forbidden_header_is_a_denial_that_names_it() {
        let error = of_header("authorization", HeaderError::Forbidden);
        assert_eq!(error.kind, ErrorKind::Denied);
        assert!(error.message.contains("authorization"));
        assert_eq!(of_header("a b", HeaderError::InvalidSyntax).kind, ErrorKind::InvalidRequest);
    }
}
