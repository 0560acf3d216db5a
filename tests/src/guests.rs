//! The hostile plugins, each a component that the build script made.

/// A hostile plugin.
#[derive(Debug, Clone, Copy)]
pub struct Guest {
    /// Its name: that of its directory in `fixtures/`, or of its file in `wat/` and its variant there.
    pub name: &'static str,
    /// Its component.
    pub file: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The hostile plugin of this name in `wat/`: `file/variant`.
pub fn text(name: &str) -> Guest {
    *TEXTS.iter().find(|guest| guest.name == name).unwrap_or_else(|| panic!("no text is `{name}`"))
}

impl Guest {
    /// Its component's bytes.
    pub fn bytes(self) -> Vec<u8> {
        std::fs::read(self.file).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }
}
