//! The gate, asked by a real plugin on one side and answered by a real vendor on the other.
//!
//! What each rule accepts and refuses in detail is proven beside its code. Here it is proven that a component cannot get
//! around any of them: whatever it says through `wasi:http`, the vendor's own record decides what left the house.

mod answer;
mod credential;
mod destination;
mod name;
mod request;
mod tls;
