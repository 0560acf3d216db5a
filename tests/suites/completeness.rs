//! Nothing is forgotten: every hostile plugin is met in a suite, and every file of a suite is part of it.

use std::path::{Path, PathBuf};

use tollgate_tests::guests;

/// The files of the suites, with their text.
fn suites() -> Vec<(PathBuf, String)> {
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("suites")];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    files
}

#[test]
fn every_hostile_plugin_has_a_test() {
    let suites = suites();
    for guest in guests::ALL {
        // `dials` is met through the functions that drive it
        let named = format!("guests::{}", guest.name.to_uppercase());
        assert!(suites.iter().any(|(_, text)| text.contains(&named)), "no suite names `{named}`");
    }
}

#[test]
fn every_directory_of_a_hostile_plugin_is_built() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut there: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(guests::ALL.iter().map(|guest| guest.name).collect::<Vec<_>>(), there);
}

#[test]
fn every_file_of_a_suite_is_declared() {
    let suites = suites();
    let text = |path: &Path| suites.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str());
    for (path, _) in suites.iter().filter(|(path, _)| !path.ends_with("suites/main.rs")) {
        let (directory, name) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let parent = text(&directory.join("main.rs")).or_else(|| text(&directory.with_extension("rs")));
        let declared = parent.is_some_and(|parent| parent.lines().any(|line| line == format!("mod {name};")));
        assert!(declared, "`{}` is in no module", path.display());
    }
}

#[test]
fn no_test_is_switched_off_or_waits_for_a_clock() {
    for (path, text) in suites() {
        for word in ["#[ign", "sleep", "should_pa", "Instant::n", "SystemTime::n"]
            .iter()
            .zip(["ore", "(Dur", "nic", "ow", "ow"])
        {
            let forbidden = format!("{}{}", word.0, word.1);
            assert!(!text.contains(&forbidden), "`{forbidden}` in {}", path.display());
        }
    }
}
