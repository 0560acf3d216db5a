//! What the cache gives back, and what it does not: P03, case by case, beside what `entry` and `key` prove of themselves.

use bytes::Bytes;

use super::*;
use crate::types::Digest;

fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis)
}

fn name(component: u8) -> Name {
    Name::new(Digest::new([component; 32]), Digest::new([0; 32]))
}

fn code(text: &'static [u8]) -> Native {
    Native::vouched(Bytes::from_static(text))
}

/// A cache that holds one entry.
fn filled() -> (tempfile::TempDir, Cache, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache/compiled"));
    cache.store(&name(1), &code(b"one"), at(1));
    let path = cache.path(&name(1));
    assert!(path.is_file());
    (dir, cache, path)
}

fn found(cache: &Cache, component: u8) -> Option<Vec<u8>> {
    cache.find(&name(component), at(2)).map(|native| native.as_bytes().to_vec())
}

#[test]
fn what_was_stored_is_found_also_by_the_next_process() {
    let (_dir, cache, _) = filled();
    assert_eq!(found(&cache, 1).unwrap(), b"one");
    assert_eq!(found(&Cache::new(cache.dir.clone()), 1).unwrap(), b"one");
    assert_eq!(found(&cache, 2), None);
}

#[test]
fn an_entry_that_is_not_as_it_was_written_is_dropped_and_can_be_written_again() {
    // P03, R47
    let (_dir, cache, path) = filled();
    let good = std::fs::read(&path).unwrap();
    let write = |bytes: &[u8]| std::fs::write(&path, bytes).unwrap();
    let of_another = || {
        cache.store(&name(2), &code(b"two"), at(1));
        std::fs::rename(cache.path(&name(2)), &path).unwrap();
    };
    let of_another_version = || {
        let name = name(1).version("0.0.0");
        cache.store(&name, &code(b"old"), at(1));
        std::fs::rename(cache.path(&name), &path).unwrap();
    };
    let of_another_engine = || {
        let name = Name::new(Digest::new([1; 32]), Digest::new([9; 32]));
        cache.store(&name, &code(b"other"), at(1));
        std::fs::rename(cache.path(&name), &path).unwrap();
    };
    let of_another_key = || {
        let other = tempfile::tempdir().unwrap();
        let other = Cache::new(other.path().join("compiled"));
        other.store(&name(1), &code(b"one"), at(1));
        std::fs::copy(other.path(&name(1)), &path).unwrap();
    };
    let huge = || std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let directory = || {
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir_all(path.join("full/of")).unwrap();
    };
    let flip = |at: usize| {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        write(&flipped);
    };
    let cases: [(&str, &dyn Fn()); 12] = [
        ("empty", &|| write(b"")),
        ("without code", &|| write(&good[..HEAD_BYTES])),
        ("half a head", &|| write(&good[..20])),
        ("one byte short", &|| write(&good[..good.len() - 1])),
        ("magic", &|| flip(0)),
        ("MAC", &|| flip(20)),
        ("another component's", &of_another),
        ("another version's", &of_another_version),
        ("another engine's", &of_another_engine),
        ("another key's", &of_another_key),
        ("huge", &huge),
        ("a directory", &directory),
    ];
    for (what, spoil) in cases {
        spoil();
        assert_eq!(found(&cache, 1), None, "{what}");
        assert!(std::fs::symlink_metadata(&path).is_err(), "{what}");
        cache.store(&name(1), &code(b"one"), at(1));
        assert_eq!(std::fs::read(&path).unwrap(), good, "{what}");
        assert_eq!(found(&cache, 1).unwrap(), b"one", "{what}");
    }
}

#[cfg(unix)]
#[test]
fn an_entry_that_others_could_have_written_is_dropped() {
    // P03
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    let (dir, cache, path) = filled();
    let outside = dir.path().join("outside");
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let link = || {
        std::fs::rename(&path, &outside).unwrap();
        symlink(&outside, &path).unwrap();
    };
    let pipe = || {
        std::fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
    };
    // only root can give a file away
    let give_away = || chown(&path, Some(65_534), None).unwrap_or_else(|_| mode(0o602));
    let cases: [(&str, &dyn Fn()); 6] = [
        ("somebody else's", &give_away),
        ("writable by the group", &|| mode(0o620)),
        ("writable by all", &|| mode(0o602)),
        ("a link to a good one", &link),
        ("a link to itself", &|| {
            std::fs::remove_file(&path).unwrap();
            symlink(&path, &path).unwrap();
        }),
        ("a pipe that nobody writes to", &pipe),
    ];
    for (what, spoil) in cases {
        spoil();
        assert_eq!(found(&cache, 1), None, "{what}");
        assert!(std::fs::symlink_metadata(&path).is_err(), "{what}");
        cache.store(&name(1), &code(b"one"), at(1));
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{what}");
        assert_eq!(found(&cache, 1).unwrap(), b"one", "{what}");
    }
    assert!(outside.is_file(), "where a link points is left alone");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_used_keeps_nothing_and_fails_nobody() {
    // P03, R47
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (dir, cache, _) = filled();
    let mode = |mode| std::fs::set_permissions(&cache.dir, std::fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(std::fs::metadata(&cache.dir).unwrap().permissions().mode() & 0o777, 0o700);
    mode(0o770);
    assert_eq!(found(&Cache::new(cache.dir.clone()), 1), None);
    mode(0o700);
    assert_eq!(found(&Cache::new(cache.dir.clone()), 1).unwrap(), b"one");
    let link = dir.path().join("link");
    symlink(&cache.dir, &link).unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for unusable in [link, file.clone(), file.join("below"), PathBuf::from("/proc/none")] {
        let cache = Cache::new(unusable);
        cache.store(&name(1), &code(b"one"), at(1));
        assert_eq!(found(&cache, 1), None, "{}", cache.dir.display());
    }
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    // R47
    let dir = tempfile::tempdir().unwrap();
    let entry = HEAD_BYTES as u64 + 3;
    let cache = Cache { most_bytes: 3 * entry, ..Cache::new(dir.path().join("compiled")) };
    for component in 1..=3 {
        cache.store(&name(component), &code(b"abc"), at(u64::from(component)));
    }
    assert!(cache.find(&name(1), at(10)).is_some(), "used again");
    cache.store(&name(4), &code(b"abc"), at(11));
    let left: Vec<bool> = (1..=4).map(|component| cache.path(&name(component)).exists()).collect();
    assert_eq!(left, [true, false, true, true]);
    // a writer that died: older than all, it goes before them
    let beside = cache.path(&name(4)).with_extension("1-1.new");
    std::fs::write(&beside, "half").unwrap();
    let old = std::fs::File::options().write(true).open(&beside).unwrap();
    file::touch(&old, at(0)).unwrap();
    cache.store(&name(5), &code(b"abc"), at(12));
    let left: Vec<bool> = (1..=5).map(|component| cache.path(&name(component)).exists()).collect();
    assert!(!beside.exists() && left == [true, false, false, true, true], "{left:?}");
    // one that has no room by itself stays until the next
    let small = Cache { most_bytes: 1, ..Cache::new(cache.dir.clone()) };
    small.store(&name(6), &code(b"abc"), at(13));
    assert_eq!(small.files().len(), 1);
    assert!(found(&small, 6).is_some());
}
