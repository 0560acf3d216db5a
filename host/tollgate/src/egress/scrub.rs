//! Takes the injected credential out of what comes back.
//!
//! A vendor, or whoever answers in its place, may echo a request: in an error, a debug page, a header. The plugin
//! must not read its key there (SECURITY.md S02). [`Patterns`] holds the key in the spellings that software gives a
//! text on its own account: as it is, base64 at its three alignments and both alphabets, hexadecimal, percent-encoded,
//! JSON- and HTML-escaped. An accomplice that rewrites the key in a way of its own cannot be stopped here, and does not
//! need to be: it has the key.
//!
//! [`Scrub`] runs over a body as it streams. A hit is overwritten in place, so that neither a length nor a JSON string
//! breaks. Only a suffix that may be the beginning of a spelling is held back; where a chunk ends in anything else, all
//! of it passes at once and uncopied, so events are never delayed. Three hits, and the stream is cut by the caller.
//!
//! Keys of fewer than [`SHORTEST`] bytes (`ollama`, `EMPTY`) are words, not secrets: they are left alone.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, Match, MatchKind, packed};
use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use bytes::{Bytes, BytesMut};

use crate::secret::Secret;

/// Keys with fewer bytes are not scrubbed.
pub(super) const SHORTEST: usize = 16;

/// So many hits cut a response.
pub(super) const HITS: u32 = 3;

/// A key in all its spellings, ready to be searched for. Costs tens of microseconds to build, so it is built once per
/// key and shared.
pub(super) struct Patterns {
    spellings: Vec<Vec<u8>>,
    searcher: Searcher,
    /// Which bytes begin a spelling, and which stand in one at all: no beginning of one reaches across any other.
    first: [bool; 256],
    alphabet: [bool; 256],
    longest: usize,
    /// What a hit is overwritten with: a byte of no spelling, so that overwriting never makes a new one.
    mask: u8,
}

enum Searcher {
    /// SIMD, where the processor has it.
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patterns(..)")
    }
}

impl Patterns {
    /// `None` where the key is too short to be told from ordinary text.
    pub(super) fn new(secret: &Secret) -> Option<Self> {
        let key = secret.expose();
        if key.len() < SHORTEST {
            return None;
        }
        let spellings = spellings(key);
        let searcher = Searcher::new(&spellings)?;
        let first = table(spellings.iter().filter_map(|spelling| spelling.first()));
        let alphabet = table(spellings.iter().flatten());
        let longest = spellings.iter().map(Vec::len).max().unwrap_or(0);
        let mask = mask(&spellings);
        Some(Self { spellings, searcher, first, alphabet, longest, mask })
    }

    /// Whether the key stands in it, in any spelling.
    pub(super) fn occur_in(&self, text: &[u8]) -> bool {
        self.searcher.find(text, 0).is_some()
    }

    /// How many bytes at the end of `text` may be the beginning of a spelling.
    fn open_suffix(&self, text: &[u8]) -> usize {
        let among = |byte: u8, table: &[bool; 256]| table.get(usize::from(byte)).copied().unwrap_or(false);
        let most = text.len().min(self.longest.saturating_sub(1));
        let length = text.iter().rev().take(most).take_while(|byte| among(**byte, &self.alphabet)).count();
        let tail = text.get(text.len() - length..).unwrap_or_default();
        let open =
            |suffix: &[u8]| self.spellings.iter().any(|s| s.len() > suffix.len() && s.starts_with(suffix));
        let at = tail.iter().enumerate().find_map(|(at, byte)| {
            let suffix = tail.get(at..).unwrap_or_default();
            (among(*byte, &self.first) && open(suffix)).then_some(at)
        });
        at.map_or(0, |at| tail.len() - at)
    }
}

impl Searcher {
    fn new(spellings: &[Vec<u8>]) -> Option<Self> {
        let packed = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostLongest)
            .builder()
            .extend(spellings)
            .build();
        packed.map(Self::Packed).or_else(|| {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(spellings);
            automaton.ok().map(Self::Automaton)
        })
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Match> {
        match self {
            Self::Packed(packed) => packed.find_in(text, (from..text.len()).into()),
            Self::Automaton(automaton) => automaton.find(aho_corasick::Input::new(text).range(from..)),
        }
    }
}

/// The patterns of the keys that one plugin's calls used last.
///
/// Keyed by the key's bytes, not by where they lie: a key store may hand out a new copy for each call.
#[derive(Debug, Default)]
pub(super) struct PatternCache(Mutex<VecDeque<(Secret, Option<Arc<Patterns>>)>>);

/// Keys whose patterns are kept: the actors of one plugin that are active at a time.
const CACHED: usize = 64;

impl PatternCache {
    /// The patterns of this key; `None` where it is too short to be scrubbed.
    pub(super) fn get(&self, secret: &Secret) -> Option<Arc<Patterns>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, patterns)) = known.iter().find(|(other, _)| other.expose() == secret.expose()) {
            return patterns.clone();
        }
        let patterns = Patterns::new(secret).map(Arc::new);
        if known.len() >= CACHED {
            known.pop_front();
        }
        known.push_back((secret.clone(), patterns.clone()));
        patterns
    }
}

/// The scrubbing of one response's body.
#[derive(Debug)]
pub(super) struct Scrub {
    patterns: Arc<Patterns>,
    held: Bytes,
    hits: u32,
}

impl Scrub {
    /// Starts with the hits that the response's headers had.
    pub(super) fn new(patterns: Arc<Patterns>, hits: u32) -> Self {
        Self { patterns, held: Bytes::new(), hits }
    }

    /// How often the key was found.
    pub(super) fn hits(&self) -> u32 {
        self.hits
    }

    /// Takes a chunk, gives back what may go on. May be empty, when all of it is held back.
    pub(super) fn push(&mut self, chunk: Bytes) -> Bytes {
        let mut text =
            if self.held.is_empty() { chunk } else { joined(&std::mem::take(&mut self.held), &chunk) };
        let clean_from = self.overwrite(&mut text);
        let open = self.patterns.open_suffix(text.get(clean_from..).unwrap_or_default());
        self.held = text.split_off(text.len() - open);
        text
    }

    /// The body has ended: gives back what was held, which turned out to be no key.
    pub(super) fn finish(&mut self) -> Bytes {
        std::mem::take(&mut self.held)
    }

    /// Overwrites every hit. Gives back where the last one ends.
    fn overwrite(&mut self, text: &mut Bytes) -> usize {
        let Some(mut hit) = self.patterns.searcher.find(text, 0) else {
            return 0;
        };
        let mut buffer = BytesMut::from(std::mem::take(text));
        let end = loop {
            self.hits = self.hits.saturating_add(1);
            if let Some(found) = buffer.get_mut(hit.range()) {
                found.fill(self.patterns.mask);
            }
            match self.patterns.searcher.find(&buffer, hit.end()) {
                Some(next) => hit = next,
                None => break hit.end(),
            }
        };
        *text = buffer.freeze();
        end
    }
}

fn joined(held: &[u8], chunk: &[u8]) -> Bytes {
    let mut whole = BytesMut::with_capacity(held.len() + chunk.len());
    whole.extend_from_slice(held);
    whole.extend_from_slice(chunk);
    whole.freeze()
}

fn table<'a>(bytes: impl Iterator<Item = &'a u8>) -> [bool; 256] {
    let mut table = [false; 256];
    for byte in bytes {
        if let Some(entry) = table.get_mut(usize::from(*byte)) {
            *entry = true;
        }
    }
    table
}

/// The key in every spelling, each once. A key of letters, digits and hyphens has about a dozen.
fn spellings(key: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![key.to_vec()];
    for alphabet in [&STANDARD, &URL_SAFE] {
        all.extend((0..3).map(|before| base64_within(alphabet, key, before)));
    }
    for digits in [LOWER, UPPER] {
        let digit = |half: u8| digits.get(usize::from(half)).copied().unwrap_or(b'0');
        let sign = |before: &[u8], byte: u8| [before, &[digit(byte >> 4), digit(byte & 15)]].concat();
        all.push(spelled(key, |byte| Some(sign(b"", byte))));
        all.push(spelled(key, |byte| Some(sign(b"%", byte))));
        all.push(spelled(key, |byte| (!is_unreserved(byte)).then(|| sign(b"%", byte))));
        all.push(spelled(key, |byte| Some(sign(b"\\u00", byte))));
        for (as_unicode, backslashed) in JSON_ESCAPES {
            all.push(spelled(key, |byte| match byte {
                byte if as_unicode.contains(&byte) => Some(sign(b"\\u00", byte)),
                byte if backslashed.contains(&byte) => Some(vec![b'\\', byte]),
                _ => None,
            }));
        }
    }
    all.extend(HTML_ESCAPES.map(|escapes| {
        spelled(key, |byte| {
            escapes.iter().find(|(plain, _)| *plain == byte).map(|(_, escape)| escape.as_bytes().to_vec())
        })
    }));
    all.sort_unstable();
    all.dedup();
    all
}

/// The key with some of its bytes replaced.
fn spelled(key: &[u8], escape: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    key.iter().flat_map(|byte| escape(*byte).unwrap_or_else(|| vec![*byte])).collect()
}

/// What RFC 3986 leaves as it is.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// How JSON is written by most, by Go, by Gson and by PHP: what becomes `\u00XX`, what gets a backslash.
const JSON_ESCAPES: [(&[u8], &[u8]); 6] = [
    (b"", b"\"\\"),
    (b"", b"\"\\/"),
    (b"<>&", b"\"\\"),
    (b"<>&'=", b"\"\\"),
    (b"<>&'\"", b"\\"),
    (b"<>&'\"", b"\\/"),
];

/// How HTML is written: three characters, four, and five in the fashions of PHP, Python and Go.
const HTML_ESCAPES: [&[(u8, &str)]; 5] = [
    &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;")],
    &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;")],
    &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;"), (b'\'', "&#39;")],
    &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;"), (b'\'', "&#x27;")],
    &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&#34;"), (b'\'', "&#39;")],
];

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// What of the key's base64 is the same whatever stands before and after it, with `before` bytes (modulo 3) before.
fn base64_within(alphabet: &Alphabet, key: &[u8], before: usize) -> Vec<u8> {
    let mut text = vec![0; before];
    text.extend_from_slice(key);
    let whole = (text.len() * 8) / 6;
    let coded = GeneralPurpose::new(alphabet, NO_PAD).encode(text).into_bytes();
    // a character that shares bits with a neighbour is not the key's alone
    coded.get((before * 8).div_ceil(6)..whole).unwrap_or_default().to_vec()
}

/// A printable byte of no spelling; a key that leaves none has every printable byte in it, and gets a question mark.
fn mask(spellings: &[Vec<u8>]) -> u8 {
    let unused = |byte: &u8| {
        !matches!(byte, b'"' | b'\\') && !spellings.iter().any(|spelling| spelling.contains(byte))
    };
    b"*#~".iter().copied().chain(b' '..=b'~').find(unused).unwrap_or(b'?')
}

#[cfg(test)]
mod tests;
