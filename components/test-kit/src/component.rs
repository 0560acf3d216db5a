//! Builds the component that a test is about.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

const TARGET: &str = "wasm32-wasip2";

/// What says how the outer build compiles: a component built with it would be another one, or none.
const CLEARED: [&str; 8] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

/// Builds the crate that calls it as a component and gives its file. For integration tests, where cargo sets
/// `CARGO_TARGET_TMPDIR`.
///
/// ```no_run
/// # fn main() -> anyhow::Result<()> {
/// let component = std::fs::read(tollgate_test_kit::build_component("plugins/acme", "target/tmp")?)?;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! component {
    () => {
        $crate::build_component(env!("CARGO_MANIFEST_DIR"), env!("CARGO_TARGET_TMPDIR"))
    };
}

/// Builds the crate in this directory as a component and gives its file, which is below `scratch`.
///
/// # Errors
/// Where cargo fails: it has said why on stderr. Where the target is missing, the error says how to add it.
pub fn build_component(crate_dir: impl AsRef<Path>, scratch: impl AsRef<Path>) -> anyhow::Result<PathBuf> {
    let manifest = crate_dir.as_ref().join("Cargo.toml").canonicalize();
    let manifest = manifest.with_context(|| format!("no crate in `{}`", crate_dir.as_ref().display()))?;
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    // not the outer build's own: that one is locked
    cargo.args(["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    cargo.arg("--manifest-path").arg(&manifest).arg("--target-dir").arg(scratch.as_ref().join("components"));
    CLEARED.iter().for_each(|name| {
        cargo.env_remove(name);
    });
    let output =
        cargo.stderr(std::process::Stdio::inherit()).output().context("cargo could not be started")?;
    ensure!(
        output.status.success(),
        "the component could not be built, cargo says why above; if its target is missing, type: \
         rustup target add {TARGET}"
    );
    let messages = String::from_utf8_lossy(&output.stdout);
    match messages.lines().find_map(|line| component_in(line, &manifest)) {
        Some(file) => Ok(file),
        None => {
            bail!("`{}` makes no component; give its library `crate-type = [\"cdylib\"]`", manifest.display())
        }
    }
}

/// The component that one of cargo's messages tells of, if it is this crate's.
fn component_in(line: &str, manifest: &Path) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let built = Path::new(message.get("manifest_path")?.as_str()?);
    if built != manifest {
        return None;
    }
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
    files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_crates_own_and_no_dependencys() {
        let message = |manifest: &str, file: &str| {
            serde_json::json!({"reason": "compiler-artifact", "manifest_path": manifest, "filenames": ["/t/liba.rlib", file]})
                .to_string()
        };
        let mine = Path::new("/a/Cargo.toml");
        assert_eq!(component_in(&message("/a/Cargo.toml", "/t/a.wasm"), mine), Some("/t/a.wasm".into()));
        assert_eq!(component_in(&message("/b/Cargo.toml", "/t/b.wasm"), mine), None);
        assert_eq!(component_in(&message("/a/Cargo.toml", "/t/a.so"), mine), None);
        assert_eq!(component_in("no json", mine), None);
    }

    #[test]
    fn a_directory_without_a_crate_is_named() {
        let error = build_component("/nowhere/at/all", "/tmp").unwrap_err().to_string();
        assert_eq!(error, "no crate in `/nowhere/at/all`");
    }
}
