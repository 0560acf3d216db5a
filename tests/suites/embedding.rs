//! The example that embeds the library in a server, as it stands, with a client in front of it.

#[expect(dead_code, missing_docs, reason = "the example's own `main` is not called here")]
#[path = "../../host/tollgate-builtins/examples/server.rs"]
mod server;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tollgate_test_kit::{Canary, Completion, Scanner, Vendor};
use tollgate_tests::house::{self, Watched};

/// What a client got that posted this, with a token of its own.
async fn post(host: &Watched, token: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST /prompt HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncookie: session={token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let serve = axum::serve(listener, server::app(host.host().clone()));
    tokio::select! {
        ended = serve.into_future() => panic!("the server ended: {ended:?}"),
        read = client.read_to_string(&mut answer) => drop(read.unwrap()),
    }
    answer
}

#[tokio::test]
async fn a_clients_own_token_reaches_neither_plugin_nor_vendor() {
    // S17
    let vendor = Vendor::start().await.unwrap();
    vendor.answer(Completion::pieces(["Good ", "day"]));
    let openai = tollgate_builtins::get("openai").unwrap();
    let builder = house::component("openai", openai.bytes).vendor(&vendor).unwrap();
    let host = house::start(builder).await;
    let token = Canary::new().unwrap();
    let answer = post(&host, token.value(), r#"{"model": "gpt-5.4-mini", "prompt": "Hello"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Good "), "{answer}");
    let scanner = Scanner::new(std::slice::from_ref(&token));
    assert!(scanner.scan(&vendor.raw_bytes()).is_empty() && scanner.scan(answer.as_bytes()).is_empty());
    host.finish().await;
}

#[tokio::test]
async fn a_client_is_told_what_was_refused_and_nothing_else() {
    let host = house::start(house::builtins()).await;
    let answer = post(&host, "x", r#"{"model": "nope", "prompt": "Hello"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("unknown model `nope`"), "{answer}");
    let answer = post(&host, "x", r#"{"model": "gpt-5.4-mini", "prompt": "Hello"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    host.finish().await;
}
