//! Where the configuration file is, and whether it can be believed.
//!
//! It is named, or it is in the user's own directory. The working directory is never looked at: a repository that
//! somebody cloned could bring a file that sends his keys elsewhere.

use std::fs::Metadata;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use tollgate::config::{Config, Expand, ExpandError, Read};

use crate::env::{CONFIG, Env};
use crate::exit::Failure;

/// The file's name in the user's directory.
const FILE: &str = "tollgate.yaml";

/// As many bytes as the library takes, and one that it will refuse.
const MOST_BYTES: u64 = (256 << 10) + 1;

/// Where the configuration is: the file of `--config`, that of `$TOLLGATE_CONFIG`, or the user's; `None` where there is none.
pub(crate) fn file(named: Option<&Path>, env: &Env) -> Option<PathBuf> {
    let named = named.map(Path::to_owned).or_else(|| env.path(CONFIG));
    named.or_else(|| users_file(env))
}

/// Where the configuration is, or where the user's would be.
pub(crate) fn file_to_write(named: Option<&Path>, env: &Env) -> Result<PathBuf, Failure> {
    let usual = || Some(env.config_dir()?.join("tollgate").join(FILE));
    file(named, env).or_else(usual).ok_or_else(|| {
        let hint = "`--config FILE` names the file".to_owned();
        Failure::config("there is no user's directory for a configuration file", Some(hint))
    })
}

/// The text of a configuration file; nothing where there is no such file.
pub(crate) fn read_if_there(file: &Path) -> Result<String, Failure> {
    match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        _ => read(file),
    }
}

/// Puts a text in a file's place, whole or not at all. A new file is its user's alone; of a link, the target is replaced.
pub(crate) fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let write = || {
        let folder = target.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = target.with_extension(format!("yaml.{}.tmp", std::process::id()));
        let written = write_new(&beside, text, &target).and_then(|()| std::fs::rename(&beside, &target));
        if written.is_err() {
            // what is left of it is of no use
            let _removed = std::fs::remove_file(&beside);
        }
        written
    };
    write().map_err(|error| Failure::config(format!("cannot write {}: {error}", file.display()), None))
}

fn write_new(path: &Path, text: &str, like: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(path)?;
    if let Ok(metadata) = std::fs::metadata(like) {
        new.set_permissions(metadata.permissions())?;
    }
    new.write_all(text.as_bytes())?;
    new.sync_all()
}

/// The file in the user's directory. One that is there and cannot be read is an error later, not an absence.
fn users_file(env: &Env) -> Option<PathBuf> {
    let file = env.config_dir()?.join("tollgate").join(FILE);
    let absent = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    (!std::fs::symlink_metadata(&file).is_err_and(absent)).then_some(file)
}

/// Reads a configuration, mistakes or not.
pub(crate) fn parse(file: &Path, env: &Env) -> Result<Read, Failure> {
    Ok(parse_text(&read(file)?, file, env))
}

/// Reads a configuration's text as that file's, mistakes or not.
pub(crate) fn parse_text(text: &str, file: &Path, env: &Env) -> Read {
    Config::read(text, file, &FromEnv(env.clone()))
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
