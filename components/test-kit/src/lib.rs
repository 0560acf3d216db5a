//! Tests a tollgate plugin where it will run: in the real host, against a vendor that does what the test says.

mod canary;
mod encoding;
mod vendor;

pub use canary::{Canary, Leak, Scanner};
pub use encoding::Encoding;
pub use vendor::{
    Answer, Authority, Completion, Connection, ConnectionState, Gate, Greeting, Handshake, Identity, Reply,
    Request, Step, Vendor, VendorName,
};
