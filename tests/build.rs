//! Compiles the hostile plugins in `fixtures/` and writes down where each component is.

#[path = "../host/tollgate-builtins/build/components.rs"]
mod components;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    components::watch(Path::new("build.rs"))?;
    components::watch(Path::new("../host/tollgate-builtins/build"))?;
    components::watch(Path::new("fixtures"))?;
    let mut directories = Vec::new();
    for entry in std::fs::read_dir("fixtures")? {
        let name = entry?.file_name().into_string().ok().context("a fixture's name is not UTF-8")?;
        directories.push(format!("tests/fixtures/{name}"));
    }
    directories.sort();
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let (mut constants, mut all) = (String::new(), String::new());
    for (package, file) in components::build(&directories)? {
        let name = package.strip_prefix("fixture-").with_context(|| format!("`{package}` is no fixture"))?;
        let constant = name.replace('-', "_").to_uppercase();
        writeln!(constants, "/// The plugin of `fixtures/{name}`.")?;
        writeln!(constants, "pub const {constant}: Guest = Guest {{ name: {name:?}, file: {file:?} }};")?;
        write!(all, "{constant}, ")?;
    }
    writeln!(constants, "/// Every hostile plugin.\npub const ALL: &[Guest] = &[{all}];")?;
    let out = PathBuf::from(components::variable("OUT_DIR")?);
    std::fs::write(out.join("guests.rs"), constants)?;
    Ok(())
}
