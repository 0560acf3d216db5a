//! Where the configuration file is, and whether it can be believed.
//!
//! It is named, or it is in the user's own directory. The working directory is never looked at: a repository that
//! somebody cloned could bring a file that sends his keys elsewhere.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use tollgate::config::{Config, Expand, ExpandError, Read};

use crate::env::{CONFIG, Env};
use crate::exit::Failure;

/// The file's name in the user's directory.
const FILE: &str = "tollgate.yaml";

/// As many bytes as the library takes, and one that it will refuse.
const MOST_BYTES: u64 = (256 << 10) + 1;

/// Reads the configuration: the file of `--config`, that of `$TOLLGATE_CONFIG`, the user's, or an empty one.
pub(crate) fn config(named: Option<&Path>, env: &Env) -> Result<Config, Failure> {
    match file(named, env) {
        Some(file) => {
            let Read { config, errors, .. } = parse(&file, env)?;
            errors.map_or(Ok(config), |errors| Err(errors.into()))
        }
        None => Ok(Config::default()),
    }
}

/// Where the configuration is; `None` where there is none.
pub(crate) fn file(named: Option<&Path>, env: &Env) -> Option<PathBuf> {
    let named = named.map(Path::to_owned).or_else(|| env.path(CONFIG));
    named.or_else(|| users_file(env))
}

/// The file in the user's directory. One that is there and cannot be read is an error later, not an absence.
fn users_file(env: &Env) -> Option<PathBuf> {
    let file = env.config_dir()?.join("tollgate").join(FILE);
    let absent = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    (!std::fs::symlink_metadata(&file).is_err_and(absent)).then_some(file)
}

/// Reads a configuration, mistakes or not.
pub(crate) fn parse(file: &Path, env: &Env) -> Result<Read, Failure> {
    let text = read(file)?;
    Ok(Config::read(&text, file, &FromEnv(env.clone())))
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::config(format!("cannot read {shown}: {error}"), None);
    let file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if others_can_write(&metadata) {
        let hint = format!("`chmod o-w {shown}`, once you know what is in it");
        return Err(Failure::config(
            format!("others can write {shown}, which decides about your keys"),
            Some(hint),
        ));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::config(format!("{shown} is not UTF-8 text: byte {at}"), Some("save it as UTF-8".to_owned()))
    })
}

/// Whether everybody on the machine may change a file. Of a link, its target is judged.
#[cfg(unix)]
pub(crate) fn others_can_write(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o002 != 0
}

/// Whether everybody on the machine may change a file: unknown here, and a file in the user's directory is his.
#[cfg(not(unix))]
pub(crate) fn others_can_write(_metadata: &Metadata) -> bool {
    false
}

/// Whether others of its group may change a file: usual where everybody has a group of his own, worth a word elsewhere.
#[cfg(unix)]
pub(crate) fn group_can_write(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o020 != 0)
}

/// Whether others of its group may change a file: unknown here.
#[cfg(not(unix))]
pub(crate) fn group_can_write(_path: &Path) -> bool {
    false
}

/// Expands `$env` and `$file` for the configuration.
struct FromEnv(Env);

impl Expand for FromEnv {
    fn variable(&self, name: &str) -> Result<String, ExpandError> {
        self.0.text(name).ok_or_else(|| ExpandError::Unset(name.to_owned()))
    }

    fn file(&self, path: &Path) -> Result<String, ExpandError> {
        let failed = |reason: String| ExpandError::Unreadable { path: path.display().to_string(), reason };
        let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
        let mut text = String::new();
        let read = file.take(MOST_BYTES).read_to_string(&mut text);
        read.map_err(|error| failed(error.to_string()))?;
        Ok(text)
    }
}
