//! tollgate in an axum server: `POST /prompt {"model": "echo", "prompt": "Hello"}` answers with the text as it arrives.
//!
//! ```sh
//! cargo run -p tollgate-builtins --example server &
//! curl -N localhost:8000/prompt -H 'content-type: application/json' -d '{"model": "echo", "prompt": "Hello"}'
//! ```
//!
//! It listens on loopback only and asks nobody who he is: a server of yours will.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::StreamExt;
use tollgate::types::{Event, SecretRef};
use tollgate::{ErrorKind, Host, MemoryKeys};

#[derive(serde::Deserialize)]
struct Asked {
    model: String,
    prompt: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // the library reads no environment: the server decides where keys come from
    let key = std::env::args().nth(1).unwrap_or_default();
    let keys = MemoryKeys::default().with(SecretRef::Secret("OPENAI_API_KEY".parse()?), key);
    let host = Host::builder().builtins(tollgate_builtins::all()).keys(Arc::new(keys)).build().await?;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    host.listens_at(listener.local_addr()?);
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app(host.clone())).with_graceful_shutdown(stop).await?;
    host.shutdown(Duration::from_secs(30)).await;
    Ok(())
}

/// Everything that the server answers.
pub fn app(host: Host) -> Router {
    Router::new().route("/prompt", post(answer)).with_state(host)
}

async fn answer(State(host): State<Host>, Json(asked): Json<Asked>) -> Response {
    let response = async { host.model().id(asked.model).resolve().await?.prompt(asked.prompt).await };
    match response.await {
        // a client that goes away drops the stream, and so cancels the prompt
        Ok(response) => Body::from_stream(response.map(|events| events.map(text))).into_response(),
        Err(error) => (status(error.kind()), error.public_message()).into_response(),
    }
}

fn text(events: Vec<Event>) -> Bytes {
    let texts = events.into_iter().filter_map(|event| match event {
        Event::Text { text, .. } => Some(text),
        _ => None,
    });
    texts.collect::<String>().into()
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NoModel | ErrorKind::UnknownModel | ErrorKind::UnsupportedPrompt => {
            StatusCode::BAD_REQUEST
        }
        ErrorKind::KeyMissing | ErrorKind::ModelDenied | ErrorKind::Denied => StatusCode::FORBIDDEN,
        ErrorKind::RateLimited | ErrorKind::Busy => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_GATEWAY,
    }
}
