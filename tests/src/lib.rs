//! What the suites share: the hostile plugins, hosts that are watched, a scripted name service, and everything that is
//! logged.

pub mod dialing;
pub mod guests;
pub mod house;
pub mod log;
pub mod names;
