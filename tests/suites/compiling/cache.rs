//! Compiled code that is kept, as a plugin meets it: P03 from end to end. Case by case it is proven beside the code.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tollgate::{Compiler, ErrorKind};
use tollgate_test_kit::TestHostBuilder;
use tollgate_tests::guests;
use tollgate_tests::house;

use super::{fresh_engine, none};

fn host(component: Arc<[u8]>, cache: &Path, compiler: Compiler) -> TestHostBuilder {
    let builder = house::component("traps", component).cache_dir(cache);
    builder.with(|builder| builder.engine(fresh_engine()).compiler(compiler))
}

/// Fails unless the plugin loads and answers.
async fn answers(component: &Arc<[u8]>, cache: &Path, compiler: Compiler, what: &str) {
    let host = house::start(host(component.clone(), cache, compiler)).await;
    assert_eq!(host.ask("traps/well", "go").await.text, "well", "{what}");
    host.finish().await;
}

/// Fails unless there is no code to be had for the plugin without compiling it.
async fn has_no_code(component: &Arc<[u8]>, cache: &Path, what: &str) {
    let error = house::try_start(host(component.clone(), cache, none())).await.expect_err(what);
    assert_eq!(error.kind(), ErrorKind::Internal, "{what}");
    assert!(error.public_message().contains("/nowhere/at/all"), "{what}: {}", error.public_message());
}

/// The entries of a cache.
fn entries(cache: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(cache.join("compiled")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|kind| kind == "code")).collect()
}

fn traps() -> Arc<[u8]> {
    guests::TRAPS.bytes().into()
}

/// The same plugin, but for a name: it is sound, and another one.
fn other_traps() -> Arc<[u8]> {
    let mut bytes = guests::TRAPS.bytes();
    let at = bytes.windows(9).position(|window| window == b"exit-well").unwrap();
    bytes[at] ^= 1;
    bytes.into()
}

#[tokio::test]
async fn code_is_compiled_once_for_all_hosts() {
    let (cache, component) = (tempfile::tempdir().unwrap(), traps());
    has_no_code(&component, cache.path(), "before").await;
    answers(&component, cache.path(), Compiler::in_process(), "compiled").await;
    answers(&component, cache.path(), none(), "from the cache").await;
    assert_eq!(entries(cache.path()).len(), 1);
    has_no_code(&other_traps(), cache.path(), "another component").await;
}

#[tokio::test]
async fn an_entry_with_anything_wrong_is_dropped_and_made_again() {
    // P03
    let (cache, component) = (tempfile::tempdir().unwrap(), traps());
    let (elsewhere, cache) = (tempfile::tempdir().unwrap(), cache.path());
    answers(&other_traps(), cache, Compiler::in_process(), "another").await;
    let others = entries(cache).remove(0);
    answers(&component, cache, Compiler::in_process(), "first").await;
    let entry = entries(cache).into_iter().find(|entry| *entry != others).unwrap();
    let good = std::fs::read(&entry).unwrap();
    let key = cache.join("compiled/key");
    let write = |bytes: &[u8]| std::fs::write(&entry, bytes).unwrap();
    let flip = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        write(&bytes);
    };
    let cases: [(&str, &dyn Fn()); 13] = [
        ("a bit of the magic", &|| flip(3)),
        ("a bit of the MAC", &|| flip(30)),
        ("the first bit of the code", &|| flip(48)),
        ("a bit in the middle", &|| flip(good.len() / 2)),
        ("the last bit", &|| flip(good.len() - 1)),
        ("empty", &|| write(b"")),
        ("cut off in the head", &|| write(&good[..47])),
        ("cut off in the code", &|| write(&good[..good.len() / 2])),
        ("native code without a MAC", &|| write(&good[48..])),
        ("another component's", &|| std::fs::copy(&others, &entry).map(drop).unwrap()),
        ("another key", &|| std::fs::write(&key, [7; 32]).unwrap()),
        ("no key", &|| std::fs::remove_file(&key).unwrap()),
        ("a directory", &|| {
            std::fs::remove_file(&entry).unwrap();
            std::fs::create_dir(&entry).unwrap();
        }),
    ];
    for (what, spoil) in cases {
        spoil();
        has_no_code(&component, cache, what).await;
        spoil_again(spoil, &entry, &key);
        answers(&component, cache, Compiler::in_process(), what).await;
        answers(&component, cache, none(), what).await;
    }
    drop(elsewhere);
}

/// Spoils what was dropped meanwhile: each case finds the file that it changes.
fn spoil_again(spoil: &dyn Fn(), entry: &Path, key: &Path) {
    for file in [entry, key] {
        if !file.exists() {
            std::fs::write(file, [0; 32]).unwrap();
        }
    }
    spoil();
}

#[cfg(unix)]
#[tokio::test]
async fn an_entry_that_others_could_have_put_there_is_dropped_and_made_again() {
    // P03
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (cache, component) = (tempfile::tempdir().unwrap(), traps());
    let cache = cache.path();
    answers(&component, cache, Compiler::in_process(), "first").await;
    let (entry, key) = (entries(cache).remove(0), cache.join("compiled/key"));
    let (kept, kept_key) = (cache.join("kept"), cache.join("kept-key"));
    let mode = |file: &Path, mode| {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let link = |file: &Path, to: &Path| {
        std::fs::rename(file, to).unwrap();
        symlink(to, file).unwrap();
    };
    let cases: [(&str, &dyn Fn()); 5] = [
        ("writable by the group", &|| mode(&entry, 0o620)),
        ("writable by all", &|| mode(&entry, 0o666)),
        ("a link to a good entry", &|| link(&entry, &kept)),
        ("a key that others can read", &|| mode(&key, 0o604)),
        ("a key behind a link", &|| link(&key, &kept_key)),
    ];
    for (what, spoil) in cases {
        spoil();
        has_no_code(&component, cache, what).await;
        answers(&component, cache, Compiler::in_process(), what).await;
        answers(&component, cache, none(), what).await;
        let metadata = std::fs::symlink_metadata(&entry).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{what}");
    }
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_fails_nobody() {
    // P03, R47
    let (dir, component) = (tempfile::tempdir().unwrap(), traps());
    let file = dir.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let builder = house::component("traps", component.clone());
    let builder = builder.with(|builder| builder.cache_dir(&file).engine(fresh_engine()));
    let host = house::start(builder).await;
    assert_eq!(host.ask("traps/well", "go").await.text, "well");
    host.finish().await;
    assert_eq!(std::fs::read(&file).unwrap(), b"no directory");
}
