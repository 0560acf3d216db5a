use super::*;

#[test]
fn a_canary_is_found_in_every_spelling_behind_any_number_of_bytes() {
    let canary = Canary::new().unwrap();
    let scanner = Scanner::new([&canary]);
    for encoding in Encoding::ALL {
        for before in 0..16 {
            let padding = vec![b'.'; before];
            let alone = [&padding, encoding.encode(canary.value().as_bytes()).as_bytes()].concat();
            assert_ne!(scanner.scan(&alone), vec![], "{encoding:?} after {before}");
            let inside = encoding.encode(&[&padding, canary.value().as_bytes(), b"\n"].concat());
            assert_ne!(scanner.scan(inside.as_bytes()), vec![], "{encoding:?} of {before} more");
        }
    }
}

#[test]
fn every_twelve_characters_are_a_leak_and_eleven_are_none() {
    let canary = Canary::new().unwrap();
    let scanner = Scanner::new([&canary]);
    for before in 0..8 {
        let key = canary.value().as_bytes();
        let text = |part: &[u8]| [&vec![b' '; before], part, b" and more"].concat();
        for start in 0..=key.len() - 12 {
            assert_ne!(scanner.scan(&text(&key[start..start + 12])), vec![], "{start}");
            assert_eq!(scanner.scan(&text(&key[start..start + 11])), vec![], "{start}");
        }
    }
}

#[test]
fn a_leak_shows_where_it_was_but_not_what() {
    let (canary, other) = (Canary::new().unwrap(), Canary::new().unwrap());
    let text = format!("line 1\nauthorization: {}\nline 3", canary.value());
    let leaks = Scanner::new([&canary, &other]).scan(text.as_bytes());
    assert_eq!(leaks[0].around, "line 1\\nauthorization: <key>\\nline 3");
    assert_eq!(format!("{canary:?}"), "Canary(..)");
    assert_eq!(Scanner::new([&other]).scan(text.as_bytes()), vec![]);
}
