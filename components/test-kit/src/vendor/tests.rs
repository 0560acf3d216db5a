use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const ASK: &str = "GET /v1/models HTTP/1.1\r\nHost: vendor\r\n\r\n";

async fn connect(vendor: &Vendor) -> TcpStream {
    TcpStream::connect(vendor.address()).await.unwrap()
}

/// Sends a request and reads until the vendor ends the connection.
async fn exchange(vendor: &Vendor, request: &str) -> String {
    let mut stream = connect(vendor).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn ask_completion(body: &str) -> String {
    let length = body.len();
    format!("POST /v1/chat/completions HTTP/1.1\r\nHost: vendor\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn it_repeats_what_the_user_said_whole_and_as_a_stream() {
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Answer::echo().then(Step::Close));
    let messages = r#""messages":[{"role":"user","content":"one two"}]"#;
    let whole = exchange(&vendor, &ask_completion(&format!("{{{messages}}}"))).await;
    assert!(whole.contains(r#""content":"one two""#), "{whole}");
    let stream = r#""stream":true,"stream_options":{"include_usage":true}"#;
    let streamed = exchange(&vendor, &ask_completion(&format!("{{{messages},{stream}}}"))).await;
    for part in [r#""content":"one ""#, r#""content":"two""#, r#""prompt_tokens":5"#, "data: [DONE]"] {
        assert!(streamed.contains(part), "{part} in {streamed}");
    }
}

#[tokio::test]
async fn it_records_requests_and_every_byte() {
    let vendor = Vendor::start().await.unwrap();
    vendor.answer(Answer::close());
    let body = "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n";
    let request = format!("POST / HTTP/1.1\r\nHost: vendor\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    exchange(&vendor, &request.replace(";x=y", "")).await;
    let seen = &vendor.requests()[0];
    assert_eq!((seen.body.as_slice(), seen.problems.len()), (b"abcde".as_slice(), 0));
    assert_eq!(seen.trailers, [("X-T".to_owned(), b"1".to_vec())]);
    assert_eq!(vendor.raw_bytes(), request.replace(";x=y", "").into_bytes());
    vendor.until_all_closed().await;
    assert_eq!(vendor.connections()[0].state, ConnectionState::ClosedByVendor);
}

#[tokio::test]
async fn it_misbehaves_on_the_wire_as_told() {
    let vendor = Vendor::start().await.unwrap();
    vendor.answer(Reply::new(200).body("abc").claiming(9).extra("HTTP/1.1 666\r\n").until_close());
    let answer = exchange(&vendor, ASK).await;
    assert_eq!(answer, "HTTP/1.1 200 scripted\r\n\r\nabcHTTP/1.1 666\r\n");
    vendor.answer(
        Answer::from(Reply::new(200).chunks(["ab", "c"]).after_interim(2)).cut_after(120).byte_by_byte(),
    );
    let answer = exchange(&vendor, ASK).await;
    assert!(answer.starts_with("HTTP/1.1 103 ") && answer.len() == 120, "{answer}");
    vendor.answer(Answer::reset());
    assert_eq!(exchange(&vendor, ASK).await, "");
}

#[tokio::test]
async fn a_gate_holds_an_answer_and_the_end_of_a_waiting_client_is_seen() {
    let (vendor, gate) = (Vendor::start().await.unwrap(), Gate::new());
    vendor.answer(Answer::from(Reply::new(200).chunks(["a"])).gated(&gate));
    let mut stream = connect(&vendor).await;
    stream.write_all(ASK.as_bytes()).await.unwrap();
    gate.arrived(1).await;
    gate.let_one_through();
    gate.arrived(2).await;
    let mut head = [0; 21];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 scripted");
    drop(stream);
    vendor.until_all_closed().await;
    assert_eq!(vendor.connections()[0].state, ConnectionState::ClosedByClient);
}

#[tokio::test]
async fn it_refuses_a_wrong_key_and_takes_the_right_one() {
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Answer::echo().then(Step::Close));
    vendor.require_key("right");
    let ask = |key: &str| {
        format!(
            "GET /v1/models HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        )
    };
    let mut stream = connect(&vendor).await;
    stream.write_all(ask("wrong").as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 401");
    assert!(exchange(&vendor, &ask("right")).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_proxy_takes_a_connect_and_then_wants_tls() {
    let identity = Authority::new().unwrap().sign(&["vendor.test"]).unwrap();
    let vendor = Vendor::start_with(Greeting::Proxy(identity)).await.unwrap();
    let mut stream = connect(&vendor).await;
    stream.write_all(b"CONNECT vendor.test:443 HTTP/1.1\r\nHost: vendor.test:443\r\n\r\n").await.unwrap();
    let mut granted = [0; 12];
    stream.read_exact(&mut granted).await.unwrap();
    assert_eq!(&granted, b"HTTP/1.1 200");
    assert_eq!(vendor.requests()[0].target, "vendor.test:443");
    stream.write_all(b"no TLS at all, which is noticed").await.unwrap();
    vendor.until_all_closed().await;
    assert!(matches!(vendor.connections()[0].state, ConnectionState::HandshakeFailed(_)));
}

#[test]
fn most_vendors_show_parts_of_the_key_that_they_refuse() {
    let key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";
    let showing = VendorName::ALL.iter().filter(|vendor| {
        let body = vendor.refuses_key(key).1.to_string();
        body.contains("sk-proj-") || body.contains("6789")
    });
    assert!(showing.count() >= 6);
}
