mod memory;
mod tampering;

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::keys::{KeyStore, KeyStoreError};
use crate::types::{Caller, ManualClock, SecretRef};

/// A store in a directory of its own, with its key and a clock that stands still.
struct Kept {
    _dir: tempfile::TempDir,
    path: PathBuf,
    key: String,
    clock: Arc<ManualClock>,
    store: SecretStore,
}

const NOON: u64 = 1_800_000_000_000;

impl Kept {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own/secrets.db");
        let key = EncryptionKey::generate();
        let text = key.encode().to_string();
        let clock = Arc::new(ManualClock::at(UtcMillis::new(NOON)));
        let store = SecretStore::open(&path, vec![key], clock.clone()).await.unwrap();
        Self { _dir: dir, path, key: text, clock, store }
    }

    fn key(&self) -> EncryptionKey {
        EncryptionKey::parse(&self.key).unwrap()
    }

    /// The same file, opened once more.
    async fn again(&self) -> Result<SecretStore, SecretStoreError> {
        SecretStore::open(&self.path, vec![self.key()], self.clock.clone()).await
    }

    async fn set(&self, name: &str, value: &str) -> u64 {
        let value = Secret::new(value.as_bytes().to_vec()).unwrap();
        self.store.set(&named(name), value, None, &actor("ada")).await.unwrap()
    }

    async fn get(&self, name: &str) -> Result<Option<String>, KeyStoreError> {
        value(&self.store, name).await
    }
}

async fn value(store: &SecretStore, name: &str) -> Result<Option<String>, KeyStoreError> {
    let found = store.get(&SecretRef::Secret(named(name)), &Caller::default()).await?;
    Ok(found.map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap()))
}

fn named(name: &str) -> SecretName {
    name.parse().unwrap()
}

fn actor(id: &str) -> Actor {
    Actor::new(id).unwrap()
}

#[tokio::test]
async fn the_newest_version_is_read_also_by_the_next() {
    let kept = Kept::new().await;
    assert_eq!(kept.get("A").await.unwrap(), None);
    assert_eq!(
        (kept.set("A", "one").await, kept.set("A", "two").await, kept.set("B", "three").await),
        (1, 2, 1)
    );
    for store in [&kept.store, &kept.again().await.unwrap()] {
        assert_eq!(value(store, "A").await.unwrap().as_deref(), Some("two"));
        assert_eq!(value(store, "B").await.unwrap().as_deref(), Some("three"));
    }
    let other = SecretRef::Llm("A".into());
    assert!(kept.store.get(&other, &Caller::default()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_deleted_is_gone_at_once_with_all_versions_and_numbers_go_on() {
    let kept = Kept::new().await;
    kept.set("A", "one").await;
    kept.set("A", "two").await;
    assert_eq!(kept.store.remove(&named("A"), &actor("ada")).await.unwrap(), Some(2));
    assert_eq!(kept.get("A").await.unwrap(), None);
    assert_eq!(kept.store.remove(&named("A"), &actor("ada")).await.unwrap(), None);
    assert!(kept.store.list().await.unwrap().is_empty());
    assert_eq!(kept.set("A", "three").await, 3);
    assert_eq!(kept.get("A").await.unwrap().as_deref(), Some("three"));
    let listed = kept.store.list().await.unwrap();
    assert_eq!((listed[0].version, listed[0].versions), (3, 1));
}

#[tokio::test]
async fn a_listing_has_everything_but_the_value() {
    let kept = Kept::new().await;
    let note = || Some("of the team".to_owned());
    let tgcanary = || Secret::new(b"tgcanary".to_vec()).unwrap();
    kept.store.set(&named("A"), tgcanary(), note(), &actor("ada")).await.unwrap();
    kept.clock.advance(Duration::from_secs(1));
    kept.store.set(&named("A"), tgcanary(), None, &actor("eve")).await.unwrap();
    kept.clock.advance(Duration::from_secs(1));
    let caller = Caller::new(actor("bob"), Some("chat".parse().unwrap()));
    kept.store.get(&SecretRef::Secret(named("A")), &caller).await.unwrap().unwrap();
    kept.store.flush().await;
    let listed = kept.store.list().await.unwrap();
    let [secret] = listed.as_slice() else { panic!("{listed:?}") };
    let stamp =
        |after, by: &str| Stamp { at: UtcMillis::new(NOON + after), by: Some(by.to_owned()), purpose: None };
    assert_eq!((secret.name.as_str(), secret.version, secret.versions), ("A", 2, 2));
    assert_eq!(secret.note, note(), "a note stays until another is given");
    assert_eq!((&secret.created, &secret.updated), (&stamp(0, "ada"), &stamp(1000, "eve")));
    let used = Stamp { purpose: caller.purpose, ..stamp(2000, "bob") };
    assert_eq!((secret.last_used.as_ref(), secret.sound), (Some(&used), true));
    assert!(!format!("{secret:?} {:?}", kept.store).contains("tgcanary"));
    assert_eq!(SecretStore::look(&kept.path).await.unwrap(), listed, "also without a key");
}

#[tokio::test]
async fn looking_whether_there_is_one_stamps_nothing() {
    let kept = Kept::new().await;
    kept.set("A", "one").await;
    let contains =
        async |name| kept.store.contains(&SecretRef::Secret(named(name)), &Caller::default()).await.unwrap();
    assert!(contains("A").await && !contains("B").await);
    kept.store.flush().await;
    assert_eq!(kept.store.list().await.unwrap()[0].last_used, None);
}

#[tokio::test]
async fn uses_that_could_not_be_noted_keep_no_later_one_from_it() {
    let kept = Kept::new().await;
    kept.set("A", "one").await;
    kept.set("B", "two").await;
    let writer = crate::db::Connection::open(&kept.path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    for name in ["A", "B"] {
        kept.get(name).await.unwrap().unwrap();
    }
    // what was queued has been tried by then
    assert!(kept.store.list().await.unwrap().iter().all(|secret| secret.last_used.is_none()));
    writer.execute_batch("ROLLBACK").unwrap();
    for name in ["B", "A"] {
        kept.get(name).await.unwrap().unwrap();
    }
    kept.store.flush().await;
    assert!(kept.store.list().await.unwrap().iter().all(|secret| secret.last_used.is_some()));
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let kept = Kept::new().await;
    let set = async |bytes: usize, note: &str| {
        let value = Secret::new(vec![b'x'; bytes]).unwrap();
        kept.store.set(&named("A"), value, Some(note.to_owned()), &Actor::anonymous()).await
    };
    assert!(matches!(set((64 << 10) + 1, "").await, Err(SecretStoreError::TooLong)));
    assert!(matches!(set(1, &"ä".repeat(101)).await, Err(SecretStoreError::Note)));
    assert!(matches!(set(1, "a\nb").await, Err(SecretStoreError::Note)));
    assert!(kept.store.list().await.unwrap().is_empty());
    assert_eq!(set(64 << 10, &"ä".repeat(100)).await.unwrap(), 1);
}

#[tokio::test]
async fn two_who_set_at_the_same_time_get_versions_of_their_own() {
    let kept = Kept::new().await;
    let other = kept.again().await.unwrap();
    let set = async |store: &SecretStore, value: &str| {
        let value = Secret::new(value.as_bytes().to_vec()).unwrap();
        store.set(&named("A"), value, None, &Actor::anonymous()).await.unwrap()
    };
    let mut versions = Vec::new();
    for _ in 0..8 {
        let (one, two) = tokio::join!(set(&kept.store, "one"), set(&other, "two"));
        versions.extend([one, two]);
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=16).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_rotation_takes_every_value_and_leaves_nothing_of_before() {
    // S13
    let kept = Kept::new().await;
    for (name, value) in [("A", "one"), ("A", "two"), ("B", "three"), ("GONE", "four")] {
        kept.set(name, value).await;
    }
    kept.store.remove(&named("GONE"), &Actor::anonymous()).await.unwrap();
    let sealed = |path: &std::path::Path| {
        let connection = crate::db::Connection::open(path).unwrap();
        let mut statement =
            connection.prepare("SELECT sealed FROM secrets UNION SELECT contents FROM store").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let before = sealed(&kept.path);
    let next = EncryptionKey::generate();
    let (text, id) = (next.encode(), next.id());
    let rotated = kept.store.rotate(next).await.unwrap();
    assert_eq!((rotated.from, rotated.to, rotated.values), (kept.key().id(), id, 4));
    assert_eq!((rotated.damaged.len(), kept.store.key_id()), (0, id));
    // whoever held it open goes on, the old key opens nothing, and the new one does
    assert_eq!(kept.get("A").await.unwrap().as_deref(), Some("two"));
    let error = kept.again().await.unwrap_err().to_string();
    assert!(error.contains(&id.to_string()) && error.contains(&kept.key().id().to_string()), "{error}");
    let both = vec![kept.key(), EncryptionKey::parse(&text).unwrap()];
    let store = SecretStore::open(&kept.path, both, kept.clock.clone()).await.unwrap();
    assert_eq!(value(&store, "B").await.unwrap().as_deref(), Some("three"));
    let file = std::fs::read(&kept.path).unwrap();
    for old in before {
        let left = file.windows(old.len()).any(|window| window == old);
        assert!(!left && !sealed(&kept.path).contains(&old), "something is left of before");
    }
}

#[tokio::test]
async fn a_process_that_missed_a_rotation_says_so() {
    let kept = Kept::new().await;
    kept.set("A", "one").await;
    let other = kept.again().await.unwrap();
    kept.store.rotate(EncryptionKey::generate()).await.unwrap();
    let error = value(&other, "A").await.unwrap_err();
    assert!(error.reason.contains(&kept.store.key_id().to_string()), "{error}");
}

#[tokio::test]
async fn an_import_leaves_alone_what_is_here() {
    let kept = Kept::new().await;
    kept.set("A", "own").await;
    let foreign = |name: &str| {
        let created = Stamp { at: UtcMillis::new(5), by: Some("root".into()), purpose: None };
        let value = Secret::new(b"theirs".to_vec()).unwrap();
        let (updated, last_used) = (created.clone(), Some(created.clone()));
        crate::keys::ForeignSecret { name: named(name), value, note: None, created, updated, last_used }
    };
    let imported = kept.store.import(vec![foreign("A"), foreign("B")]).await.unwrap();
    assert_eq!((imported.added, imported.kept), (vec![named("B")], vec![named("A")]));
    assert_eq!(kept.get("A").await.unwrap().as_deref(), Some("own"));
    assert_eq!(kept.get("B").await.unwrap().as_deref(), Some("theirs"));
    let listed = kept.store.list().await.unwrap();
    assert_eq!((listed[1].created.at.as_millis(), listed[1].created.by.as_deref()), (5, Some("root")));
}
