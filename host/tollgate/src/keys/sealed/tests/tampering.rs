//! S13: somebody who can write the file, and has no key.

use super::*;
use crate::db::Connection;

/// Two secrets, one of two versions, and what the file was like before the last change.
async fn two() -> (Kept, Vec<u8>) {
    let kept = Kept::new().await;
    kept.set("A", "old").await;
    kept.set("B", "other").await;
    let before = snapshot(&kept.path);
    kept.set("A", "new").await;
    (kept, before)
}

/// The whole file, the log folded in.
fn snapshot(path: &Path) -> Vec<u8> {
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    std::fs::read(path).unwrap()
}

fn tamper(kept: &Kept, statements: &str) {
    Connection::open(&kept.path).unwrap().execute_batch(statements).unwrap();
}

async fn is_damaged(kept: &Kept, name: &str) -> bool {
    kept.get(name)
        .await
        .is_err_and(|error| error.reason.contains("was changed by somebody else or is damaged"))
}

/// Each of these spoils `A`, and `B` stays as it was.
#[tokio::test]
async fn a_changed_row_spoils_its_secret_and_no_other() {
    // S13
    let flipped = "UPDATE secrets SET sealed = CAST(x'00' || substr(sealed, 2) AS BLOB) WHERE name = 'A'";
    for (what, statements) in [
        ("flipped", flipped),
        ("cut", "UPDATE secrets SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE name = 'A'"),
        ("emptied", "UPDATE secrets SET sealed = x'' WHERE name = 'A'"),
        ("a short nonce", "UPDATE secrets SET nonce = x'00' WHERE name = 'A'"),
        ("another nonce", "UPDATE secrets SET nonce = randomblob(24) WHERE name = 'A'"),
        ("another time of creation", "UPDATE secrets SET created_at = created_at + 1 WHERE name = 'A'"),
        ("another version", "UPDATE secrets SET version = version + 1 WHERE name = 'A' AND version = 2"),
        ("no rows", "DELETE FROM secrets WHERE name = 'A'"),
        ("its newest version is gone", "DELETE FROM secrets WHERE name = 'A' AND version = 2"),
        (
            "the old version under the new number",
            "DELETE FROM secrets WHERE name = 'A' AND version = 2; UPDATE secrets SET version = 2 WHERE name = 'A'",
        ),
        (
            "the old version's value in the new one's row",
            "UPDATE secrets SET (nonce, sealed) = (SELECT nonce, sealed FROM secrets WHERE name = 'A' AND version = 1) \
             WHERE name = 'A' AND version = 2",
        ),
        (
            "the value of another secret",
            "UPDATE secrets SET (nonce, sealed) = (SELECT nonce, sealed FROM secrets WHERE name = 'B') WHERE name = 'A'",
        ),
        (
            "the whole row of another secret",
            "DELETE FROM secrets WHERE name = 'A'; INSERT INTO secrets (name, version, nonce, sealed, key_id, created_at, \
             updated_at) SELECT 'A', 2, nonce, sealed, key_id, created_at, updated_at FROM secrets WHERE name = 'B'",
        ),
    ] {
        let (kept, _) = two().await;
        tamper(&kept, statements);
        assert!(is_damaged(&kept, "A").await, "{what}: {:?}", kept.get("A").await);
        assert_eq!(kept.get("B").await.unwrap().as_deref(), Some("other"), "{what}");
        // nor does it keep anybody from setting it again
        assert_eq!(kept.set("A", "newer").await, 3, "{what}");
        assert_eq!(kept.get("A").await.unwrap().as_deref(), Some("newer"), "{what}");
    }
}

#[tokio::test]
async fn two_values_that_changed_places_do_not_open() {
    // S13
    let kept = Kept::new().await;
    kept.set("A", "one").await;
    kept.set("B", "two").await;
    tamper(
        &kept,
        "UPDATE secrets SET name = 'X' WHERE name = 'A'; UPDATE secrets SET name = 'A' WHERE name = 'B'; \
         UPDATE secrets SET name = 'B' WHERE name = 'X'",
    );
    assert!(is_damaged(&kept, "A").await && is_damaged(&kept, "B").await);
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back() {
    // S13
    let (kept, _) = two().await;
    kept.store.remove(&named("A"), &Actor::anonymous()).await.unwrap();
    tamper(&kept, "UPDATE secrets SET deleted_at = NULL, deleted_by = NULL");
    assert_eq!(kept.get("A").await.unwrap(), None);
    assert_eq!(kept.store.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn rows_from_before_do_not_pass_for_those_of_now() {
    // S13: an older file's rows under the table of contents of now, and the other way round
    let (kept, before) = two().await;
    let old = kept.path.with_file_name("old.db");
    std::fs::write(&old, &before).unwrap();
    tamper(
        &kept,
        &format!(
            "ATTACH '{}' AS old; DELETE FROM secrets; INSERT INTO secrets SELECT * FROM old.secrets",
            old.display()
        ),
    );
    assert!(is_damaged(&kept, "A").await);
    assert_eq!(kept.get("B").await.unwrap().as_deref(), Some("other"));
    let listed = kept.store.list().await.unwrap();
    assert_eq!(listed.iter().map(|secret| secret.sound).collect::<Vec<_>>(), [false, true]);

    let (kept, before) = two().await;
    kept.set("B", "newer").await;
    kept.store.remove(&named("A"), &Actor::anonymous()).await.unwrap();
    let old = kept.path.with_file_name("old.db");
    std::fs::write(&old, &before).unwrap();
    tamper(
        &kept,
        &format!(
            "ATTACH '{}' AS old; DELETE FROM store; INSERT INTO store SELECT * FROM old.store",
            old.display()
        ),
    );
    assert!(is_damaged(&kept, "B").await, "it was set since");
    assert!(is_damaged(&kept, "A").await, "it was removed since");
}

#[tokio::test]
async fn another_stores_rows_and_table_of_contents_do_not_open() {
    // S13: both under the same key
    let (kept, _) = two().await;
    let other = kept.path.with_file_name("other.db");
    let store = SecretStore::open(&other, vec![kept.key()], kept.clock.clone()).await.unwrap();
    for value in ["theirs", "theirs"] {
        let value = Secret::new(value.as_bytes().to_vec()).unwrap();
        store.set(&named("A"), value, None, &Actor::anonymous()).await.unwrap();
    }
    tamper(
        &kept,
        &format!(
            "ATTACH '{}' AS other; DELETE FROM secrets WHERE name = 'A'; INSERT INTO secrets SELECT id + 100, name, \
             version, nonce, sealed, key_id, note, created_at, created_by, updated_at, updated_by, deleted_at, deleted_by, \
             last_used_at, last_used_by, last_used_for FROM other.secrets",
            other.display()
        ),
    );
    assert!(is_damaged(&kept, "A").await);
    tamper(
        &kept,
        &format!(
            "ATTACH '{}' AS other; UPDATE store SET (nonce, contents) = (SELECT nonce, contents FROM other.store)",
            other.display()
        ),
    );
    assert!(matches!(kept.again().await.unwrap_err(), SecretStoreError::Contents { .. }));
}

#[tokio::test]
async fn a_changed_table_of_contents_does_not_open() {
    // S13
    for statements in [
        "UPDATE store SET contents = CAST(x'00' || substr(contents, 2) AS BLOB)",
        "UPDATE store SET contents = substr(contents, 1, length(contents) - 1)",
        "UPDATE store SET nonce = randomblob(24)",
        "UPDATE store SET nonce = x''",
        "UPDATE store SET id = randomblob(16)",
        "UPDATE store SET id = x''",
    ] {
        let (kept, _) = two().await;
        tamper(&kept, statements);
        let error = kept.again().await.unwrap_err();
        assert!(matches!(error, SecretStoreError::Contents { .. }), "{statements}: {error}");
        // whoever has it open reads nothing of it either
        assert!(kept.get("B").await.is_err(), "{statements}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_at_the_door() {
    // S13
    let (kept, _) = two().await;
    let wrong = EncryptionKey::generate();
    let ids = [wrong.id().to_string(), kept.key().id().to_string()];
    let error = SecretStore::open(&kept.path, vec![wrong], kept.clock.clone()).await.unwrap_err();
    assert!(matches!(error, SecretStoreError::OtherKey { .. }), "{error}");
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    // also where the file says that it is the right one
    let wrong = EncryptionKey::generate();
    tamper(&kept, &format!("UPDATE store SET key_id = '{}'", wrong.id()));
    let error = SecretStore::open(&kept.path, vec![wrong], kept.clock.clone()).await.unwrap_err();
    assert!(matches!(error, SecretStoreError::Contents { .. }), "{error}");
}

#[tokio::test]
async fn a_store_that_lost_its_head_is_no_new_one() {
    // S13
    let (kept, _) = two().await;
    tamper(&kept, "DELETE FROM store");
    assert!(kept.get("B").await.is_err());
    assert!(matches!(kept.again().await.unwrap_err(), SecretStoreError::Contents { .. }));
}

#[tokio::test]
async fn a_rotation_leaves_a_damaged_value_as_it_is_and_names_it() {
    let (kept, _) = two().await;
    tamper(&kept, "UPDATE secrets SET nonce = randomblob(24) WHERE name = 'A' AND version = 2");
    let rotated = kept.store.rotate(EncryptionKey::generate()).await.unwrap();
    assert_eq!((rotated.values, rotated.damaged), (2, vec![named("A")]));
    assert!(is_damaged(&kept, "A").await);
    assert_eq!(kept.get("B").await.unwrap().as_deref(), Some("other"));
}

#[tokio::test]
async fn the_file_holds_no_value() {
    // S18
    let kept = Kept::new().await;
    kept.set("A", "tgcanary-of-the-sealed-store").await;
    kept.get("A").await.unwrap();
    kept.store.flush().await;
    for entry in std::fs::read_dir(kept.path.parent().unwrap()).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"tgcanary"), "{}", file.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.display());
        }
    }
}
