//! The hostile plugins, each a component that the build script made.

/// A hostile plugin.
#[derive(Debug, Clone, Copy)]
pub struct Guest {
    /// Its name, and that of its directory in `fixtures/`.
    pub name: &'static str,
    /// Its component.
    pub file: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

impl Guest {
    /// Its component's bytes.
    pub fn bytes(self) -> Vec<u8> {
        std::fs::read(self.file).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }
}
