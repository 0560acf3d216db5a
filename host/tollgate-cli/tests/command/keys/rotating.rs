//! `tollgate keys rotate`, and what is on the disk when it is killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;

use tollgate::types::{Actor, Caller, SecretName, SecretRef, SystemClock};
use tollgate::{KeyFile, KeyStore, Secret, SecretStore};

use super::{CANARY, names};
use crate::kit::Home;

#[test]
fn everything_is_encrypted_with_another_key() {
    let home = Home::new();
    home.done(&["init"], "");
    home.done(&["set", "openai"], CANARY);
    home.done(&["set", "openai"], CANARY);
    let before = home.listed()["store"]["key_id"].clone();
    let rotated = home.keys(&["rotate", "--json"], "").json();
    assert_eq!((&rotated["previous_key_id"], &rotated["values"]), (&before, &2.into()));
    assert_eq!(home.listed()["store"]["key_id"], rotated["key_id"]);
    assert_eq!(KeyFile::own(home.data().join("encryption.key")).read().unwrap().len(), 1);
}

#[test]
fn a_key_in_a_variable_is_replaced_by_whoever_keeps_it() {
    let home = Home::new();
    let [old, new] = [0, 1].map(|_| home.run(&["keys", "init", "--print"]).ran().stdout);
    let (old, new) = (old.trim(), new.trim());
    let with = |arguments: &[&str], key: &str| home.run(arguments).env("TOLLGATE_ENCRYPTION_KEY", key);
    assert_eq!(with(&["keys", "set", "openai"], old).stdin(CANARY).ran().code, Some(0));
    let alone = with(&["keys", "rotate"], old).ran();
    assert!(alone.code == Some(2) && alone.stderr.contains("`TOLLGATE_NEW_ENCRYPTION_KEY`"), "{alone:?}");
    let same = with(&["keys", "rotate"], old).env("TOLLGATE_NEW_ENCRYPTION_KEY", old).ran();
    assert!(same.code == Some(2) && same.stderr.contains("is the key in use"), "{same:?}");
    let rotated = with(&["keys", "rotate"], old).env("TOLLGATE_NEW_ENCRYPTION_KEY", new).ran();
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    assert!(![old, new].iter().any(|key| format!("{rotated:?}").contains(key)));
    assert_eq!(with(&["keys", "list"], old).ran().code, Some(2));
    assert_eq!(names(&with(&["keys", "list", "--json"], new).ran().json()["secrets"]), ["OPENAI_API_KEY"]);
}

/// How many secrets, each of some 30 KB: the log that a rotation writes has many pieces.
const SECRETS: usize = 24;

fn value(number: usize) -> String {
    format!("tgcanary-{number}-").repeat(2500)
}

fn named(number: usize) -> SecretName {
    format!("SECRET_{number}").parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

async fn open(home: &Path) -> SecretStore {
    let keys = KeyFile::own(home.join("encryption.key")).read().unwrap();
    SecretStore::open(&home.join("secrets.db"), keys, Arc::new(SystemClock::default())).await.unwrap()
}

/// A home with many secrets, its log folded in.
fn filled(home: &Home) {
    home.done(&["init"], "");
    block_on(async {
        let store = open(&home.data()).await;
        for number in 0..SECRETS {
            let secret = Secret::new(value(number).into_bytes()).unwrap();
            store.set(&named(number), secret, None, &Actor::anonymous()).await.unwrap();
        }
        store.flush().await;
    });
}

/// The same files in another home.
fn copy(from: &Home) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    for file in ["encryption.key", "secrets.db"] {
        std::fs::copy(from.data().join(file), home.data().join(file)).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    home
}

/// What a run is killed at, as seen from outside.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// As soon as it runs.
    Start,
    /// The key file has both keys.
    BothKeys,
    /// The log beside the store has so many bytes.
    Log(u64),
    /// The key file has the new key alone.
    NewKey,
}

/// How many keys the key file has; it never has half of one.
fn keys(home: &Home) -> usize {
    KeyFile::own(home.data().join("encryption.key")).read().unwrap().len()
}

fn reached(point: Point, home: &Home, was_both: &mut bool) -> bool {
    *was_both |= keys(home) == 2;
    let log = || std::fs::metadata(home.data().join("secrets.db-wal")).map_or(0, |file| file.len());
    match point {
        Point::Start => true,
        Point::BothKeys => *was_both,
        Point::Log(bytes) => log() >= bytes,
        Point::NewKey => *was_both && keys(home) == 1,
    }
}

/// Kills it at the point, or at its end where it was quicker. Gives back whether it was killed.
fn kill_at(point: Point, home: &Home, mut child: Child) -> bool {
    let mut was_both = false;
    while !reached(point, home, &mut was_both) {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Everything that must be true of what is on the disk. Gives back whether the store has its new key.
async fn judge(home: &Home, old: &str, what: &str) -> bool {
    let store = open(&home.data()).await;
    for number in 0..SECRETS {
        let key = SecretRef::Secret(named(number));
        let secret =
            store.get(&key, &Caller::default()).await.unwrap().unwrap_or_else(|| panic!("{what}: {key}"));
        assert_eq!(secret.len(), value(number).len(), "{what}: {key}");
    }
    assert_eq!(store.list().await.unwrap().len(), SECRETS, "{what}");
    let connection = rusqlite::Connection::open(home.data().join("secrets.db")).unwrap();
    let mut statement = connection.prepare("SELECT DISTINCT key_id FROM secrets").unwrap();
    let ids: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(ids, [store.key_id().to_string()], "{what}: a mixture");
    ids[0] != old
}

#[test]
fn a_rotation_that_is_killed_loses_nothing_and_mixes_nothing() {
    // S13
    let template = Home::new();
    filled(&template);
    let old: String =
        KeyFile::own(template.data().join("encryption.key")).read().unwrap()[0].id().to_string();
    let mut points = vec![Point::Start, Point::BothKeys, Point::NewKey];
    points.extend((0..8).map(|step| Point::Log(step * 100 * 1024 + 1)));
    let mut seen = BTreeSet::new();
    for point in points {
        let home = copy(&template);
        let mut command = home.command(&["keys", "rotate"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let killed = kill_at(point, &home, child);
        let what = format!("{point:?}, killed: {killed}");
        let is_new = block_on(judge(&home, &old, &what));
        seen.insert((killed, keys(&home), is_new));
        // and it goes on from there
        let again = home.keys(&["rotate"], "");
        assert_eq!(again.code, Some(0), "{what}: {again:?}");
        assert_eq!((block_on(judge(&home, &old, &what)), keys(&home)), (true, 1), "{what}");
    }
    assert!(seen.contains(&(true, 2, false)), "none was killed between the two keys: {seen:?}");
}

#[test]
fn two_rotations_at_the_same_time_lose_no_key() {
    let home = Home::new();
    filled(&home);
    let old: String = KeyFile::own(home.data().join("encryption.key")).read().unwrap()[0].id().to_string();
    let mut all: Vec<Child> = Vec::new();
    for _ in 0..4 {
        let mut command = home.command(&["keys", "rotate"]);
        all.push(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }
    let codes: Vec<_> = all.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert!(codes.contains(&Some(0)) && codes.iter().all(|code| matches!(code, Some(0 | 1))), "{codes:?}");
    assert_eq!((block_on(judge(&home, &old, "at the same time")), keys(&home)), (true, 1));
}
