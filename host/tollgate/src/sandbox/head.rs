//! How much of a request's head the host keeps for a guest that never sends it (SECURITY.md R16).
//!
//! wasmtime-wasi-http 48.0.8 bounds headers, and takes a host's name and a method of any length: a thousand requests,
//! as many as a plugin may hold, with 16 MiB in each are 16 GiB of the host's memory. These setters stand in front of
//! its own and refuse, as the contract of `wasi:http` has it, what is not well-formed; the gate judges what passes.

use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingRequest as _, Method};
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;

use super::state::State;

/// A name has 253 bytes at the most; more is for what the gate has to say about credentials and the like.
const AUTHORITY_BYTES: usize = 1 << 10;
const METHOD_BYTES: usize = 64;
/// Twice what the gate lets out, so that it is the gate that says what is wrong with a path.
const PATH_BYTES: usize = 16 << 10;

type Request = Resource<HostOutgoingRequest>;

/// Puts the setters into `wasi:http/types`.
pub(super) fn shadow(types: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    types.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store: StoreContextMut<'_, State>, (request, authority): (Request, Option<String>)| {
            if is_longer(authority.as_deref(), AUTHORITY_BYTES) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_authority(request, authority)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |mut store: StoreContextMut<'_, State>, (request, path): (Request, Option<String>)| {
            if is_longer(path.as_deref(), PATH_BYTES) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_path_with_query(request, path)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store: StoreContextMut<'_, State>, (request, method): (Request, Method)| {
            if matches!(&method, Method::Other(name) if name.len() > METHOD_BYTES) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_method(request, method)?,))
        },
    )
}

fn is_longer(text: Option<&str>, most: usize) -> bool {
    text.is_some_and(|text| text.len() > most)
}
