use super::*;

const ONE: Migrations = &["CREATE TABLE words (word TEXT NOT NULL) STRICT"];
const TWO: Migrations = &[
    "CREATE TABLE words (word TEXT NOT NULL) STRICT",
    "ALTER TABLE words ADD COLUMN length INTEGER; UPDATE words SET length = length(word)",
];

async fn open(path: &Path, migrations: Migrations) -> Result<Db, DbError> {
    Db::open(path, "tollgate-db-test", migrations).await
}

async fn add(db: &Db, word: &'static str) -> Result<(), DbError> {
    db.write(move |tx| {
        tx.execute("INSERT INTO words (word) VALUES (?1)", params![word])?;
        Ok(())
    })
    .await
}

async fn count(db: &Db) -> i64 {
    let read =
        db.read::<_, DbError>(|tx| Ok(tx.query_row("SELECT count(*) FROM words", [], |row| row.get(0))?));
    read.await.unwrap()
}

#[tokio::test]
async fn what_was_written_is_there_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own/words.db");
    let db = open(&path, ONE).await.unwrap();
    add(&db, "a").await.unwrap();
    assert!(db.note(|tx| tx.execute("INSERT INTO words (word) VALUES ('b')", []).map(|_| ())));
    assert_eq!(count(&db).await, 2);
    let other = open(&path, ONE).await.unwrap();
    assert_eq!(count(&other).await, 2);
    let settings = db.run::<_, DbError>(|connection| {
        let read =
            |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        Ok((mode, read("synchronous")?, read("trusted_schema")?))
    });
    assert_eq!(settings.await.unwrap(), ("wal".to_owned(), 2, 0));
}

#[tokio::test]
async fn what_is_noted_waits_for_nobody_and_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own/words.db");
    let db = open(&path, ONE).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(db.note(|tx| tx.execute("INSERT INTO words (word) VALUES ('a')", []).map(|_| ())));
    assert_eq!(count(&db).await, 0, "it is not waited for");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(count(&db).await, 0, "nor is it tried again");
    add(&db, "b").await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn half_a_transaction_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir.path().join("own/words.db"), ONE).await.unwrap();
    let failed = db.write::<(), DbError>(|tx| {
        tx.execute("INSERT INTO words (word) VALUES ('a')", [])?;
        Err(DbError::Sqlite("on purpose".into()))
    });
    assert!(failed.await.is_err());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn an_older_file_is_brought_up_and_a_newer_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own/words.db");
    add(&open(&path, ONE).await.unwrap(), "three").await.unwrap();
    let db = open(&path, TWO).await.unwrap();
    let length =
        db.read::<i64, DbError>(|tx| Ok(tx.query_row("SELECT length FROM words", [], |row| row.get(0))?));
    assert_eq!(length.await.unwrap(), 5);
    let error = open(&path, ONE).await.unwrap_err();
    assert!(matches!(error, DbError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words.db");
    // one without a version, and one whose version is ours by chance
    for made in ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1"] {
        Connection::open(&path).unwrap().execute_batch(made).unwrap();
        let before = std::fs::read(&path).unwrap();
        for migrations in [ONE, TWO] {
            let error = open(&path, migrations).await.unwrap_err();
            assert!(matches!(error, DbError::Other { .. }), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let before = std::fs::read(&path).unwrap();
    let noise = dir.path().join("noise.db");
    std::fs::write(&noise, "no database at all, but long enough to be looked at".repeat(100)).unwrap();
    let error = open(&noise, ONE).await.unwrap_err();
    assert!(matches!(&error, DbError::Sqlite(reason) if reason.contains("noise.db")), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn work_that_panics_closes_the_file_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own/words.db");
    let db = open(&path, ONE).await.unwrap();
    let error = db.run::<(), DbError>(|_| panic!("on purpose")).await.unwrap_err();
    assert!(matches!(error, DbError::Closed(_)), "{error}");
    assert!(matches!(add(&db, "a").await.unwrap_err(), DbError::Closed(_)));
    assert_eq!(count(&open(&path, ONE).await.unwrap()).await, 0);
}

#[cfg(unix)]
#[tokio::test]
async fn what_others_can_write_is_refused_with_the_way_out() {
    // S11
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    let path = own.join("words.db");
    drop(open(&path, ONE).await.unwrap());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&own), mode(&path)), (0o700, 0o600));
    let chmod =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    for (spoilt, bad, good) in
        [(&path, 0o620, 0o600), (&path, 0o602, 0o600), (&own, 0o720, 0o700), (&own, 0o702, 0o700)]
    {
        chmod(spoilt, bad);
        let error = open(&path, ONE).await.unwrap_err().to_string();
        assert!(error.contains(&format!("`chmod go-w {}`", spoilt.display())), "{error}");
        chmod(spoilt, good);
    }
    open(&path, ONE).await.unwrap();
}

#[test]
fn the_bundled_sqlite_is_new_enough() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}
