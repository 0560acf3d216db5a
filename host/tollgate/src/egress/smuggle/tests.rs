use proptest::prelude::*;

use super::*;

fn field(body: &str) -> Option<String> {
    let mut scan = FieldScan::new(false);
    scan.push(body.as_bytes());
    scan.finish()
}

fn form(body: &str) -> Option<String> {
    let mut scan = FieldScan::new(true);
    scan.push(body.as_bytes());
    scan.finish()
}

#[test]
fn a_credential_in_a_query_is_found() {
    // E25
    let bad = [
        "key=x",
        "KEY=x",
        "key",
        "a=1&key=x",
        "a=1;key=x",
        "api_key=x",
        "api-key=x",
        "apiKey=x",
        "API_KEY=x",
        "ap%69_key=x",
        "api%5fkey=x",
        "api%5Fkey=x",
        "%6b%65%79=x",
        "access_token=x",
        "token=x",
        "auth_token=x",
        "sig=x",
        "signature=x",
        "X-Amz-Credential=x",
        "x-amz-signature=x",
        "x-goog-signature=x",
        "client_secret=x",
        "password=x",
        "api_key[]=x",
        "api_key%5B%5D=x",
        "+key=x",
        "key+=x",
        "key%20=x",
        "%00key=x",
        "subscription-key=x",
        "jwt=x",
        "x-api-key=x",
    ];
    for query in bad {
        assert!(in_query(query).is_some(), "{query}");
    }
    let good = [
        "",
        "alt=sse",
        "api-version=2026-01-01",
        "page_token=abc",
        "pageToken=abc",
        "keys=1",
        "monkey=1",
        "limit=100&after_id=key",
        "q=api_key",
        "q=%26key",
        "max_tokens=5",
        "key_id_prefix=1",
        "tokenizer=x",
    ];
    for query in good {
        assert_eq!(in_query(query), None, "{query}");
    }
}

#[test]
fn a_credential_in_a_json_body_is_found() {
    // E25
    let bad = [
        r#"{"api_key":"x"}"#,
        r#" { "model" : "m" , "apiKey" : "x" } "#,
        r#"{"a":{"b":[1,{"c":"}"}]},"api-key":1}"#,
        r#"{"api\u005fkey":"x"}"#,
        r#"{"\u0061pi_key":"x"}"#,
        r#"{"a":"\"","api_key":null}"#,
        r#"{"a":"\\","api_key":null}"#,
        r#"{"a":[["api"]],"authorization":"x"}"#,
        "\u{feff}{\"api_key\":1}",
        r#"{"API_KEY":1}"#,
        r#"{"access_token":1}"#,
        r#"{"a":1,"api_key"#,
        "{\"a\":\"b\",\n\t\"client_secret\":1}",
        r#"{"":1,"api_key":1}"#,
        r#"{"a\"b":1,"api_key":1}"#,
    ];
    for body in bad {
        let closed = if body.ends_with('y') { format!("{body}\":1}}") } else { body.to_owned() };
        assert!(field(&closed).is_some(), "{closed}");
    }
    let good = [
        "",
        "{}",
        "[]",
        r#"{"model":"m","prompt_cache_key":"x","messages":[{"role":"user","content":"my \"api_key\": is"}]}"#,
        r#"{"tools":[{"function":{"parameters":{"properties":{"api_key":{"type":"string"}}}}}]}"#,
        r#"{"metadata":{"api_key":"x"}}"#,
        r#"[{"api_key":"x"}]"#,
        r#"{"a":"api_key","b":"{\"api_key\":1}"}"#,
        r#"{"key":1,"token":2,"signature":3}"#,
        "api_key",
        r#""api_key""#,
        r#"{"stop":["\u0061pi_key"]}"#,
    ];
    for body in good {
        assert_eq!(field(body), None, "{body}");
    }
}

#[test]
fn a_credential_in_a_form_is_found() {
    // E25
    for body in ["api_key=x", "a=b&key=x", "a=b;access%5Ftoken=x", "a&token=x", "a=b&api_key"] {
        assert!(form(body).is_some(), "{body}");
    }
    for body in ["", "a=key", "model=whisper&prompt=api_key%3D1", "grant=x"] {
        assert_eq!(form(body), None, "{body}");
    }
}

proptest! {
    // the answer does not depend on how the body is cut
    #[test]
    fn pieces_make_no_difference(
        body in r#"\{("[a-z_\\"]{0,6}api_key"|"[a-z]{0,4}":|"api\\\\u005fkey":|\{|\}|\[|,|1| ){0,12}"#,
        cut in 1usize..8,
    ) {
        let mut scan = FieldScan::new(false);
        body.as_bytes().chunks(cut).for_each(|piece| scan.push(piece));
        prop_assert_eq!(scan.finish(), field(&body));
    }
}
