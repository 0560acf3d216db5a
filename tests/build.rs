//! Compiles the hostile plugins in `fixtures/` and `wat/`, and writes down where each component is.

#[path = "../host/tollgate-builtins/build/components.rs"]
mod components;
#[path = "build/text.rs"]
mod text;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    components::watch(Path::new("build.rs"))?;
    components::watch(Path::new("build"))?;
    components::watch(Path::new("../host/tollgate-builtins/build"))?;
    components::watch(Path::new("fixtures"))?;
    let out = PathBuf::from(components::variable("OUT_DIR")?);
    let guests = format!("{}{}", crates()?, texts(&out.join("text"))?);
    std::fs::write(out.join("guests.rs"), guests)?;
    Ok(())
}

fn crates() -> Result<String> {
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
    writeln!(constants, "/// Every hostile plugin that is a crate.\npub const ALL: &[Guest] = &[{all}];")?;
    Ok(constants)
}

fn texts(out: &Path) -> Result<String> {
    let mut all = String::new();
    for (name, file) in text::build(Path::new("wat"), Path::new("../wit"), out)? {
        writeln!(all, "    Guest {{ name: {name:?}, file: {file:?} }},")?;
    }
    Ok(format!(
        "/// Every hostile plugin that is WebAssembly text.\npub const TEXTS: &[Guest] = &[\n{all}];\n"
    ))
}
