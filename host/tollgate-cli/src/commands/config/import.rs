//! `tollgate config import`: files only; what they mean is the library's.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use crate::args::ImportArgs;
use crate::exit::{Failure, Stop};
use crate::files;
use crate::output::Output;

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
    let text = File::open(path).and_then(files::text);
    text.map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display()), None))
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let shown = path.display();
    let written = if force { files::replace(path, text) } else { files::create(path, text) };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{shown} is there already"), Some("`--force` replaces it".to_owned()))
        }
        _ => Failure::usage(format!("cannot write {shown}: {error}"), None),
    })
}
