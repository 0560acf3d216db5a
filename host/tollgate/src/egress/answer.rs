//! A response's head, before a plugin sees it.
//!
//! What is framed in two ways, compressed unasked or of another protocol is no answer (SECURITY.md E34, E42). An
//! authentication error is replaced whole, headers and body: vendors print parts of the key into both, and the one
//! text for a key that is missing, revoked or expired tells a plugin nothing of it (S03, S19).

use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

use super::failure::Failure;
use super::header::{HEADER_COUNT, size};

/// Whether the vendor refused the credential, or wants one.
pub(super) fn is_about_keys(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED
    )
}

/// The host's own head and body in the place of such an answer, in the shape that OpenAI's clients read.
pub(super) fn about_keys(status: StatusCode) -> (Parts, String) {
    let (kind, code) = if status == StatusCode::FORBIDDEN {
        ("permission_error", "permission_denied")
    } else {
        ("authentication_error", "invalid_api_key")
    };
    let number = status.as_u16();
    let body = format!(
        "{{\"error\":{{\"message\":\"the vendor refused the request's credential with status {number}; its own words \
         are withheld\",\"type\":\"{kind}\",\"code\":\"{code}\"}}}}"
    );
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = status;
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    (parts, body)
}

/// Refuses a head that is not what it should be.
pub(super) fn check(parts: &Parts, header_bytes: usize, body_bytes: u64) -> Result<(), Failure> {
    let headers = &parts.headers;
    if parts.status.is_informational() {
        return Err(Failure::Upgrade);
    }
    if headers.len() > HEADER_COUNT || size(headers) > header_bytes {
        return Err(Failure::ResponseHeaders);
    }
    check_framing(headers, parts.version)?;
    let codings = headers.get_all(header::CONTENT_ENCODING);
    if codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::ContentCoding);
    }
    match length(headers) {
        Some(length) if length > body_bytes => Err(Failure::ResponseBody { limit: body_bytes }),
        Some(_) | None => Ok(()),
    }
}

/// One length or one `chunked`, never both: what one reader takes for the end, another must not take for the middle.
fn check_framing(headers: &HeaderMap, version: Version) -> Result<(), Failure> {
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter().count();
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let fits = match (codings.next(), codings.next(), lengths) {
        (None, None, 0) => true,
        (None, None, 1) => length(headers).is_some(),
        (Some(coding), None, 0) => {
            coding.as_bytes().eq_ignore_ascii_case(b"chunked") && version == Version::HTTP_11
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Failure::TransferCoding) }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    let digits = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(status: u16, lines: &[(&str, &str)]) -> Result<(), Failure> {
        let mut builder = http::Response::builder().status(status);
        for (name, value) in lines {
            builder = builder.header(*name, *value);
        }
        check(&builder.body(()).unwrap().into_parts().0, 1 << 10, 1 << 10)
    }

    #[test]
    fn an_answer_is_framed_in_one_way() {
        // E34, E42
        let good: [&[(&str, &str)]; 5] = [
            &[],
            &[("content-length", "5")],
            &[("transfer-encoding", "chunked")],
            &[("Transfer-Encoding", "Chunked"), ("content-encoding", "identity")],
            &[("content-length", "0")],
        ];
        for lines in good {
            assert_eq!(judge(200, lines), Ok(()), "{lines:?}");
        }
        let bad: [&[(&str, &str)]; 9] = [
            &[("content-length", "5"), ("transfer-encoding", "chunked")],
            &[("content-length", "5"), ("content-length", "5")],
            &[("content-length", "5"), ("content-length", "6")],
            &[("content-length", "5, 5")],
            &[("content-length", "+5")],
            &[("content-length", "")],
            &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[("transfer-encoding", "gzip, chunked")],
            &[("transfer-encoding", "xchunked")],
        ];
        for lines in bad {
            assert_eq!(judge(200, lines), Err(Failure::TransferCoding), "{lines:?}");
        }
        for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip", "x"] {
            assert_eq!(judge(200, &[("content-encoding", coding)]), Err(Failure::ContentCoding), "{coding}");
        }
    }

    #[test]
    fn an_answer_keeps_its_limits() {
        assert_eq!(judge(200, &[("content-length", "1025")]), Err(Failure::ResponseBody { limit: 1024 }));
        assert_eq!(judge(200, &[("x", &"y".repeat(1024))]), Err(Failure::ResponseHeaders));
        assert_eq!(judge(101, &[]), Err(Failure::Upgrade));
    }

    #[test]
    fn the_hosts_own_words_are_json_and_say_the_status() {
        // S03, S19
        for (status, kind) in
            [(401, "authentication_error"), (403, "permission_error"), (407, "authentication_error")]
        {
            let (parts, body) = about_keys(StatusCode::from_u16(status).unwrap());
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(json["error"]["type"], kind);
            assert!(json["error"]["message"].as_str().unwrap().contains(&status.to_string()));
            assert_eq!((parts.status.as_u16(), parts.headers.len()), (status, 2));
        }
    }
}
