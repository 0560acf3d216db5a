//! `tollgate keys path`.

use serde::Serialize;

use crate::args::PathArgs;
use crate::exit::Stop;
use crate::keys::holder::Holder;
use crate::output::Output;
use crate::session::Session;

/// Where things are, as programs read it.
#[derive(Serialize)]
struct PathJson {
    store: String,
    exists: bool,
    encryption_key: PlaceJson,
}

/// Where the encryption key is.
#[derive(Serialize)]
struct PlaceJson {
    /// `variable`, `file`, `keyring`, or `none` where there is no place for one.
    kind: &'static str,
    /// The variable's name.
    variable: Option<String>,
    /// The file.
    path: Option<String>,
}

/// Prints the path of the store.
pub(super) async fn run(args: &PathArgs, session: &mut Session, output: &Output) -> Result<(), Stop> {
    let config = session.config(args.config.file.as_deref())?;
    let vault = session.vault(&config);
    let store = vault.path()?.display().to_string();
    if !output.is_json() {
        return output.text(&format!("{store}\n")).await;
    }
    let (kind, variable, path) = match vault.holder()? {
        Holder::Variable(name) => ("variable", Some(name.clone()), None),
        Holder::File(file) => ("file", None, Some(file.path().display().to_string())),
        Holder::Keyring => ("keyring", None, None),
        Holder::Nowhere => ("none", None, None),
    };
    let encryption_key = PlaceJson { kind, variable, path };
    output.value(&PathJson { store, exists: vault.exists()?, encryption_key }).await
}
