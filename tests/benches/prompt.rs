//! What the sandbox and the gate cost: one prompt through echo, one through openai against the scripted vendor, and the
//! same request by a direct hyper client over one kept connection, in one run.
//!
//! `cargo bench -p tollgate-tests --bench prompt`. The difference between the last two is what tollgate adds.

use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tollgate::config::{Config, PluginConfig};
use tollgate::types::{OriginGrant, SecretRef};
use tollgate::{Host, MemoryKeys, Model};
use tollgate_test_kit::{Answer, Completion, Vendor};

const PROMPT: &str = "Why is the sky blue?";

async fn host(vendor: &Vendor) -> Host {
    let key = SecretRef::Secret("OPENAI_API_KEY".parse().unwrap());
    let openai = PluginConfig::builtin("openai".parse().unwrap())
        .origins([OriginGrant::new(vendor.url().parse().unwrap())])
        .key(key.clone())
        .setting("base_url", tollgate::types::Value::Text(format!("{}/v1", vendor.url())));
    Host::builder()
        .config(Config::default().plugin(openai))
        .builtins(tollgate_builtins::all())
        .keys(Arc::new(MemoryKeys::default().with(key, "sk-a-key-of-the-benchmark")))
        .build()
        .await
        .unwrap()
}

async fn prompt(model: &Model) -> String {
    model.prompt(PROMPT).await.unwrap().text().await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the benchmark's own connection, which ends with its runtime")]
async fn connect(vendor: &Vendor) -> SendRequest<Full<Bytes>> {
    let socket = TcpStream::connect(vendor.address()).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn direct(sender: &mut SendRequest<Full<Bytes>>, vendor: &Vendor) -> Bytes {
    let body = format!(
        r#"{{"model":"gpt-5.4-mini","messages":[{{"role":"user","content":"{PROMPT}"}}],"stream":true,"stream_options":{{"include_usage":true}}}}"#
    );
    let request = Request::post("/v1/chat/completions")
        .header("host", vendor.address().to_string())
        .header("authorization", "Bearer sk-a-key-of-the-benchmark")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    sender.ready().await.unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await.unwrap().to_bytes()
}

fn one_prompt(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let vendor = runtime.block_on(Vendor::start()).unwrap();
    vendor.otherwise(Answer::from(Completion::text("Because of Rayleigh scattering.")));
    let host = runtime.block_on(host(&vendor));
    let [echo, openai] =
        ["echo", "openai/gpt-5.4-mini"].map(|id| runtime.block_on(host.model().id(id).resolve()).unwrap());
    let sender = Arc::new(Mutex::new(runtime.block_on(connect(&vendor))));

    let mut group = criterion.benchmark_group("one prompt");
    group.bench_function("echo", |bencher| bencher.to_async(&runtime).iter(|| prompt(&echo)));
    group.bench_function("openai", |bencher| bencher.to_async(&runtime).iter(|| prompt(&openai)));
    group.bench_function("direct hyper", |bencher| {
        bencher.to_async(&runtime).iter(|| async { direct(&mut *sender.lock().await, &vendor).await });
    });
    group.finish();
}

criterion_group!(benches, one_prompt);
criterion_main!(benches);
