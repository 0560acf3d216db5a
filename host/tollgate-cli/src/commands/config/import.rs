//! `tollgate config import`: files only; what they mean is the library's.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::ImportArgs;
use crate::exit::{Failure, Stop};
use crate::output::Output;

/// As many bytes as the library takes, and one that it will refuse.
const MOST_BYTES: u64 = (256 << 10) + 1;

/// What came out, as programs read it.
#[derive(Serialize)]
struct ImportJson<'a> {
    /// Where it was written.
    file: Option<String>,
    config: &'a str,
}

/// Turns a datasette.yaml into a configuration.
pub(crate) async fn run(args: &ImportArgs, output: &Output) -> Result<(), Stop> {
    let text = read(&args.file)?;
    let config = tollgate::config::import(&text, &args.file).map_err(Failure::from)?;
    if let Some(file) = &args.output {
        write(file, &config, args.force)?;
    }
    if output.is_json() {
        let file = args.output.as_ref().map(|file| file.display().to_string());
        return output.value(&ImportJson { file, config: &config }).await;
    }
    match &args.output {
        Some(file) => {
            output.note(&format!(
                "wrote {}; `tollgate config check` says whether its plugins load",
                file.display()
            ));
            Ok(())
        }
        None => output.text(&config).await,
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::usage(format!("cannot read {shown}: {error}"), None);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("{shown} is not UTF-8 text: byte {at}"), Some("save it as UTF-8".to_owned()))
    })
}

/// Writes a file that is whole or not there.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::usage(format!("cannot write {shown}: {error}"), None);
    if !force {
        return match create(path, text) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let hint = "`--force` replaces it".to_owned();
                Err(Failure::usage(format!("{shown} is there already"), Some(hint)))
            }
            written => written.map_err(failed),
        };
    }
    let beside = beside(path);
    let written = create(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // what cannot be removed either was never there, or is told by its name
        let _removed = std::fs::remove_file(&beside);
        failed(error)
    })
}

/// A name in the same folder that this process alone uses.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// Creates a file for its owner only; leaves none behind where it cannot be written whole.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _removed = std::fs::remove_file(path);
    }
    written
}
