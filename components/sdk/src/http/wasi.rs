//! The same over `wasi:http`. It only runs in WebAssembly.
//!
//! Three habits of that interface shape it. A refused or broken request shows first as a closed body, and says why only
//! in the response: so a failed write is no error here. Handles that came out of one another go in the opposite order,
//! or the host traps: field order below is drop order. And a request without `content-length` goes out in chunks, which
//! not every vendor takes.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme, http_error_code,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use super::{Headers, Request, Response, failure};
use crate::types::{Error, ErrorKind};

/// The most bytes that one read asks for.
const READ_BYTES: u64 = 64 * 1024;

/// The body of an answer. The stream came out of the body, and that out of the response.
pub(super) struct Body {
    stream: InputStream,
    _body: IncomingBody,
    _response: IncomingResponse,
    status: u16,
}

pub(super) fn send(request: &Request) -> Result<Response, Error> {
    let authority = request.url().authority();
    let outgoing = prepare(request)?;
    let body = match request.content() {
        Some(_) => Some(outgoing.body().map_err(|()| misused("its body was taken"))?),
        None => None,
    };
    let answer =
        outgoing_handler::handle(outgoing, None).map_err(|code| failure::of_request(&code, authority))?;
    if let (Some(body), Some(content)) = (body, request.content()) {
        write(body, content)?;
    }
    let ready = answer.subscribe();
    ready.block();
    drop(ready);
    match answer.get() {
        Some(Ok(Ok(response))) => receive(response),
        Some(Ok(Err(code))) => Err(failure::of_request(&code, authority)),
        Some(Err(())) | None => Err(misused("its answer was not there").sent()),
    }
}

fn prepare(request: &Request) -> Result<OutgoingRequest, Error> {
    let fields = Fields::new();
    for (name, value) in request.headers().iter() {
        fields.append(name, value).map_err(|error| failure::of_header(name, error))?;
    }
    if let Some(content) = request.content() {
        let length = content.len().to_string();
        fields
            .append("content-length", length.as_bytes())
            .map_err(|error| failure::of_header("content-length", error))?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let method = match request.method() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let scheme = if request.url().is_secure() { Scheme::Https } else { Scheme::Http };
    outgoing.set_method(&method).map_err(|()| misused("its method is not well-formed"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| misused("its scheme is not well-formed"))?;
    outgoing
        .set_authority(Some(request.url().authority()))
        .map_err(|()| misused("its host is not well-formed"))?;
    outgoing
        .set_path_with_query(Some(&request.url().path_and_query()))
        .map_err(|()| misused("its path is not well-formed"))?;
    Ok(outgoing)
}

/// Writes the whole body, or as much as the other side takes: why it takes no more, the response says.
fn write(body: OutgoingBody, content: &[u8]) -> Result<(), Error> {
    let stream = body.write().map_err(|()| misused("its body was written"))?;
    let written = write_all(&stream, content);
    drop(stream);
    if written.is_ok() {
        // what fails here fails the response, too
        drop(OutgoingBody::finish(body, None));
    }
    Ok(())
}

fn write_all(stream: &OutputStream, content: &[u8]) -> Result<(), StreamError> {
    let ready = stream.subscribe();
    let mut rest = content;
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            ready.block();
            continue;
        }
        let (now, later) = rest.split_at(room.min(rest.len()));
        stream.write(now)?;
        rest = later;
    }
    stream.flush()?;
    ready.block();
    stream.check_write().map(|_| ())
}

fn receive(response: IncomingResponse) -> Result<Response, Error> {
    let status = response.status();
    let headers: Headers = response.headers().entries().into_iter().collect();
    let body = response.consume().map_err(|()| misused("its answer was taken").with_status(status))?;
    let stream = body.stream().map_err(|()| misused("its answer was read").with_status(status))?;
    let body = Body { stream, _body: body, _response: response, status };
    Ok(Response::arriving(status, headers, body))
}

impl Body {
    pub(super) fn read(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.stream.blocking_read(READ_BYTES) {
                Ok(chunk) if chunk.is_empty() => {}
                Ok(chunk) => return Ok(Some(chunk)),
                Err(StreamError::Closed) => return Ok(None),
                Err(StreamError::LastOperationFailed(error)) => {
                    return Err(failure::of_answer(http_error_code(&error).as_ref(), self.status));
                }
            }
        }
    }
}

/// What only a mistake in this file or in a host can cause, or an address that no host takes.
fn misused(what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request cannot be made: {what}"))
}
