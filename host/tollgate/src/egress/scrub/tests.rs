use proptest::prelude::*;

use super::*;

const KEY: &str = "sk-proj-tgcanary-4f9A_xZ/+=q7Lm\"2<&>t";

fn patterns(key: &str) -> Arc<Patterns> {
    Arc::new(Patterns::new(&Secret::new(key.as_bytes().to_vec()).unwrap()).unwrap())
}

/// All that comes out, and how often the key was found.
fn scrub(patterns: &Arc<Patterns>, chunks: &[&[u8]]) -> (Vec<u8>, u32) {
    let mut scrub = Scrub::new(Arc::clone(patterns), 0);
    let mut out: Vec<u8> =
        chunks.iter().flat_map(|chunk| scrub.push(Bytes::copy_from_slice(chunk))).collect();
    out.extend(scrub.finish());
    (out, scrub.hits())
}

/// The key as other people's software writes it. Written without the code under test.
fn echoes(key: &str) -> Vec<String> {
    let every = |form: &dyn Fn(u8) -> String| key.bytes().map(form).collect::<String>();
    let mut all = vec![
        key.to_owned(),
        every(&|b| format!("{b:02x}")),
        every(&|b| format!("{b:02X}")),
        every(&|b| format!("%{b:02X}")),
        every(&|b| format!("%{b:02x}")),
        every(&|b| format!("\\u{b:04x}")),
        every(&|b| format!("\\u{b:04X}")),
        serde_json::to_string(key).unwrap(),
        serde_json::to_string(key).unwrap().replace('/', "\\/"),
        serde_json::to_string(key)
            .unwrap()
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        every(&|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        }),
        key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
    ];
    for before in ["", "B", "Be", "Bearer ", "x-api-key: "] {
        for after in ["", "!", "!!", "\r\nhost: x"] {
            let text = format!("{before}{key}{after}");
            all.push(base64::engine::general_purpose::STANDARD.encode(&text));
            all.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&text));
        }
    }
    all
}

/// Whether 12 bytes in a row of the key can be read in the text.
fn readable(text: &[u8], key: &str) -> bool {
    key.as_bytes().windows(12).any(|window| text.windows(12).any(|part| part == window))
}

#[test]
fn an_echo_is_taken_out_at_every_cut_in_every_encoding() {
    // S02
    let patterns = patterns(KEY);
    for echo in echoes(KEY) {
        let body = format!("data: {{\"error\": \"got {echo} instead\"}}\n\n");
        for cut in 0..=body.len() {
            let (head, tail) = body.as_bytes().split_at(cut);
            let (out, hits) = scrub(&patterns, &[head, tail]);
            assert_eq!((out.len(), hits), (body.len(), 1), "{echo} cut at {cut}");
            assert!(!patterns.occur_in(&out) && !readable(&out, KEY), "{echo} cut at {cut}");
        }
        let bytes: Vec<&[u8]> = body.as_bytes().chunks(1).collect();
        let (out, hits) = scrub(&patterns, &bytes);
        assert!(hits == 1 && !patterns.occur_in(&out), "{echo} byte by byte");
    }
}

#[test]
fn an_event_is_not_delayed() {
    // S02: what ends in anything but the beginning of the key goes on whole, and as the same bytes
    let patterns = patterns(KEY);
    let mut scrub = Scrub::new(Arc::clone(&patterns), 0);
    for event in ["data: {\"a\":1}\n\n", ": ping\n\n", "data: [DONE]\n\n", "sk-pro", "x\n"] {
        let chunk = Bytes::from_static(event.as_bytes());
        let out = scrub.push(chunk.clone());
        if event == "sk-pro" {
            assert!(out.is_empty());
        } else if event == "x\n" {
            assert_eq!(out, "sk-prox\n");
        } else {
            assert_eq!((out.as_ptr(), out.len()), (chunk.as_ptr(), chunk.len()));
        }
    }
}

#[test]
fn hits_are_counted_and_overwritten_in_place() {
    let patterns = patterns(KEY);
    let body = format!("{KEY}{KEY} and {KEY}");
    let (out, hits) = scrub(&patterns, &[body.as_bytes()]);
    let stars = "*".repeat(KEY.len());
    assert_eq!((String::from_utf8(out).unwrap(), hits), (format!("{stars}{stars} and {stars}"), 3));
}

#[test]
fn overwriting_never_makes_a_new_echo() {
    let key = "aaaaaaaaaaaaaaaaaaa*";
    let patterns = patterns(key);
    let body = format!("aaaaaaaaaaaaaaaaaaa{key}");
    let (out, _) = scrub(&patterns, &[body.as_bytes()]);
    assert!(!patterns.occur_in(&out), "{}", String::from_utf8_lossy(&out));
}

#[test]
fn short_keys_are_words() {
    // S02
    for word in ["ollama", "EMPTY", "fifteen-letters"] {
        assert!(Patterns::new(&Secret::new(word.as_bytes().to_vec()).unwrap()).is_none());
    }
    assert!(Patterns::new(&Secret::new(b"sixteen-letters!".to_vec()).unwrap()).is_some());
}

#[test]
fn a_keys_patterns_are_built_once() {
    let cache = PatternCache::default();
    let secret = |text: &str| Secret::new(text.as_bytes().to_vec()).unwrap();
    let first = cache.get(&secret(KEY)).unwrap();
    assert!(Arc::ptr_eq(&first, &cache.get(&secret(KEY)).unwrap()));
    assert!(cache.get(&secret("ollama")).is_none());
    (0..CACHED).for_each(|n| drop(cache.get(&secret(&format!("another-key-of-some-length-{n}")))));
    assert!(!Arc::ptr_eq(&first, &cache.get(&secret(KEY)).unwrap()));
}

#[test]
fn patterns_show_nothing_of_themselves() {
    // S06
    assert_eq!(format!("{:?}", patterns(KEY)), "Patterns(..)");
    assert!(!format!("{:?}", Scrub::new(patterns(KEY), 0)).contains("canary"));
}

#[test]
fn the_automaton_finds_what_the_vectors_find() {
    let patterns = patterns(KEY);
    let automaton = Searcher::Automaton(
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns.spellings).unwrap(),
    );
    for echo in echoes(KEY) {
        let body = format!("some text before {echo} and after");
        let both = [&automaton, &patterns.searcher]
            .map(|searcher| searcher.find(body.as_bytes(), 0).unwrap().range());
        assert_eq!(both[0], both[1]);
    }
}

proptest! {
    // S02: whatever the key, the text and the chunks, no spelling of the key comes out
    #[test]
    fn no_spelling_survives_any_chunking(
        key in "[!-~]{16,40}",
        picks in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]{0,6}"), 1..4),
        sizes in prop::collection::vec(1usize..48, 1..24),
    ) {
        let patterns = patterns(&key);
        let echoes = echoes(&key);
        let body: String = picks.iter().map(|(pick, between)| format!("{between}{}", pick.get(&echoes))).collect();
        let mut rest = body.as_bytes();
        let mut chunks = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let (out, hits) = scrub(&patterns, &chunks);
        prop_assert_eq!(out.len(), body.len());
        prop_assert!(hits > 0);
        prop_assert!(!patterns.occur_in(&out), "{}", String::from_utf8_lossy(&out));
    }

    // and where the key is not, nothing changes
    #[test]
    fn a_text_without_the_key_is_left_alone(
        text in prop::collection::vec(prop_oneof![Just(KEY.split_at(20).0.to_owned()), Just(KEY.split_at(3).1.to_owned()), "[ -~]{0,20}", "\\PC{0,4}"], 0..12),
        size in 1usize..64,
    ) {
        let patterns = patterns(KEY);
        let text = text.concat();
        prop_assume!(!patterns.occur_in(text.as_bytes()));
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let (out, hits) = scrub(&patterns, &chunks);
        prop_assert_eq!((out, hits), (text.into_bytes(), 0));
    }
}
