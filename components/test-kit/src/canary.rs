//! Keys that sing where they should not be: one of its own for every test, and a scan that finds it in any spelling.
//!
//! A test that only checks the answer for the key proves little. So whoever holds something that the key could have
//! got into — a log, an error, a cache file — gives it to a [`Scanner`]. Twelve characters in a row are a leak, in any
//! [`Encoding`], at any alignment. A scan walks over the text once, however many canaries it knows.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use tokio_rustls::rustls::crypto::ring;

use crate::encoding::Encoding;

/// A key that exists nowhere else: `tgcanary-` and 32 random letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Canary(String);

/// A place where a canary was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// How it was spelled.
    pub encoding: Encoding,
    /// Where it began, in bytes.
    pub at: usize,
    /// What stood around it, with `<key>` in its place.
    pub around: String,
}

/// Finds canaries in bytes.
#[derive(Debug)]
pub struct Scanner {
    patterns: Vec<Pattern>,
    /// Where eight bytes of a pattern come from.
    grams: HashMap<u64, Vec<(usize, usize)>>,
    /// Which hashes of eight bytes occur at all: most positions of a text end here.
    known: Vec<bool>,
}

#[derive(Debug)]
struct Pattern {
    encoding: Encoding,
    bytes: Vec<u8>,
    /// How many of its bytes in a row are a leak.
    least: usize,
}

/// How many characters of a key in a row are a leak.
const WINDOW: usize = 12;
const GRAM: usize = 8;
/// Any twelve bytes hold eight that begin at a multiple of five.
const STRIDE: usize = WINDOW - GRAM + 1;
const KNOWN_BITS: u32 = 20;

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canary(..)")
    }
}

impl Canary {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn new() -> anyhow::Result<Self> {
        let mut random = [0_u8; 32];
        let filled = ring::default_provider().secure_random.fill(&mut random);
        filled.map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
        // 256 is a multiple of 32: every letter is as likely
        let letters = b"abcdefghijkmnpqrstuvwxyzACDEFGH7";
        let random =
            random.iter().filter_map(|byte| letters.get(usize::from(byte % 32)).copied().map(char::from));
        Ok(Self(format!("tgcanary-{}", random.collect::<String>())))
    }

    /// The key itself.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self { patterns: Vec::new(), grams: HashMap::new(), known: vec![false; 1 << KNOWN_BITS] }
    }
}

impl Scanner {
    /// A scanner that looks for these.
    #[must_use]
    pub fn new<'a>(canaries: impl IntoIterator<Item = &'a Canary>) -> Self {
        let mut scanner = Self::default();
        canaries.into_iter().for_each(|canary| scanner.add(canary));
        scanner
    }

    /// Looks for this one, too.
    pub fn add(&mut self, canary: &Canary) {
        for encoding in Encoding::ALL {
            for (text, least) in spellings(encoding, canary.value().as_bytes()) {
                self.add_pattern(Pattern { encoding, bytes: text.into_bytes(), least });
            }
        }
    }

    fn add_pattern(&mut self, pattern: Pattern) {
        for (offset, gram) in pattern.bytes.windows(GRAM).enumerate() {
            let gram = number(gram);
            self.grams.entry(gram).or_default().push((self.patterns.len(), offset));
            if let Some(known) = self.known.get_mut(bucket(gram)) {
                *known = true;
            }
        }
        self.patterns.push(pattern);
    }

    /// Every place in the text where a canary is. One place may be found in several spellings.
    #[must_use]
    pub fn scan(&self, text: &[u8]) -> Vec<Leak> {
        let mut leaks: Vec<Leak> = Vec::new();
        let grams = text.windows(GRAM).enumerate().step_by(STRIDE);
        for (at, gram) in grams.map(|(at, gram)| (at, number(gram))) {
            if !self.known.get(bucket(gram)).is_some_and(|known| *known) {
                continue;
            }
            for (pattern, offset) in self.grams.get(&gram).into_iter().flatten() {
                let leak = self.patterns.get(*pattern).and_then(|pattern| pattern.found(text, at, *offset));
                leaks.extend(leak.filter(|leak| leaks.last() != Some(leak)));
            }
        }
        leaks
    }
}

impl Pattern {
    /// Whether enough of the pattern stands here, where its eight bytes from `offset` on stand at `at`.
    fn found(&self, text: &[u8], at: usize, offset: usize) -> Option<Leak> {
        let (text_before, text_after) = text.split_at_checked(at)?;
        let (before, after) = self.bytes.split_at_checked(offset)?;
        let back = text_before.iter().rev().zip(before.iter().rev()).take_while(|(a, b)| a == b).count();
        let on = text_after.iter().zip(after).take_while(|(a, b)| a == b).count();
        (back + on >= self.least).then(|| {
            let (start, end) = (at - back, at + on);
            let before = text.get(start.saturating_sub(160)..start).unwrap_or_default();
            let after = text.get(end..(end + 80).min(text.len())).unwrap_or_default();
            let around = format!("{}<key>{}", before.escape_ascii(), after.escape_ascii());
            Leak { encoding: self.encoding, at: start, around }
        })
    }
}

/// The spellings of a key, with the length of each that says as much as twelve characters of it.
fn spellings(encoding: Encoding, key: &[u8]) -> Vec<(String, usize)> {
    match encoding {
        Encoding::Base64 | Encoding::Base64Url => {
            (0..3).map(|before| base64_within(encoding, key, before)).collect()
        }
        other => {
            let shortest = key.windows(WINDOW).map(|window| other.encode(window).len()).min();
            vec![(other.encode(key), shortest.unwrap_or(WINDOW))]
        }
    }
}

/// What base64 makes of a key that has `before` bytes before it, without the characters that hold bits of others.
fn base64_within(encoding: Encoding, key: &[u8], before: usize) -> (String, usize) {
    let text = encoding.encode(&[&vec![0; before], key].concat());
    let (first, end) = ((before * 8).div_ceil(6), (before + key.len()) * 8 / 6);
    (text.get(first..end).unwrap_or_default().to_owned(), WINDOW * 8 / 6)
}

fn number(gram: &[u8]) -> u64 {
    gram.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn bucket(gram: u64) -> usize {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - KNOWN_BITS);
    usize::try_from(hash).unwrap_or_default()
}
