//! Ending in every way but the right one, and values that make no sense: the guest ends, the process does not.

use tollgate::ErrorKind;
use tollgate::config::{PluginConfig, Source};
use tollgate::types::{Prompt, Value};
use tollgate_tests::{guests, house};

use super::{denied, undeterred, with_others};

#[tokio::test]
async fn after_every_way_to_break_the_next_prompt_is_answered() {
    // R24, R28
    let host = house::start(with_others(guests::TRAPS)).await;
    let ways =
        ["panic", "abort", "unreachable", "exit", "exit-well", "out-of-bounds", "overflow", "panic-later"];
    for way in ways {
        let broken = host.ask(&format!("traps/{way}"), "go").await;
        denied(&broken, &["traps"]);
        let message = broken.message();
        assert!(!message.contains('\x1b') && !message.contains("0x"), "{way}: {message}");
        assert_eq!(broken.text, if way == "panic-later" { "well" } else { "" }, "{way}");
        assert_eq!(host.ask("traps/well", "go").await.text, "well", "after {way}");
        host.serves_others().await;
    }
    denied(&host.ask("traps/exit", "go").await, &["called exit with status 1"]);
    host.finish().await;
}

#[tokio::test]
async fn what_no_compiler_would_hand_over_ends_the_guest() {
    // R25: words without a meaning, text that is none, addresses of nothing, handles of nobody
    for way in [
        "bad-log-level",
        "log-line-that-is-no-text",
        "lone-surrogates-in-a-log-line",
        "realloc-gives-nothing",
        "realloc-gives-what-is-not-there",
        "realloc-gives-odd-addresses",
        "same-completion-twice",
        "calls-back",
    ] {
        let host = house::start(undeterred(house::text(&format!("garbles/{way}")))).await;
        let answered = host.ask("text/well", "a prompt of some length").await;
        assert!(answered.kind().is_none_or(|kind| kind == ErrorKind::PluginBroke), "{way}: {answered:?}");
        // memory is the guest's own: one that overwrites itself harms itself
        if !way.starts_with("realloc-gives-nothing") {
            denied(&answered, &["text"]);
        }
        host.serves_others().await;
        host.finish().await;
    }
    let error = house::try_start(house::text("garbles/lone-surrogates")).await.unwrap_err();
    super::refused(&error, &["text"]);
}

#[tokio::test]
async fn odd_numbers_and_times_are_numbers_and_times() {
    // R25
    for way in ["odd-numbers", "odd-integers"] {
        let host = house::start(house::text(&format!("garbles/{way}"))).await;
        let model = host.host().model().id("text/well").resolve().await.unwrap();
        for typed in ["NaN", "inf", "-1e400", "1e308", "0", "9223372036854775808", "-9223372036854775808"] {
            let Ok(value) = model.parse_option("well", typed) else { continue };
            let answered = host.ask("text/well", Prompt::user("go").option("well", value)).await;
            let refused = answered.kind() == Some(ErrorKind::UnsupportedPrompt);
            assert!(refused || answered.text == "well", "{way}, {typed}: {}", answered.message());
        }
        host.finish().await;
    }
    let host = house::start(with_others(guests::FLOODS)).await;
    let times = host.ask("floods/times", "go").await;
    assert_eq!(times.text, "well", "{}", times.message());
    host.finish().await;
}

/// What `garbles/patch` has to be told to write these bytes to these addresses before it answers this call.
fn patch(call: char, writes: impl IntoIterator<Item = (u16, u8)>) -> String {
    let nibbles = |byte: u8| [byte >> 4, byte & 15].map(|nibble| char::from(b'a' + nibble));
    let mut patch = String::from(call);
    for (address, byte) in writes {
        let [high, low] = address.to_be_bytes();
        patch.extend([high, low, byte].into_iter().flat_map(nibbles));
    }
    patch
}

fn word(address: u16, value: u32) -> impl Iterator<Item = (u16, u8)> {
    (address..).zip(value.to_le_bytes())
}

/// A plugin that is told that.
fn patched(name: &str, patch: String) -> PluginConfig {
    let source = Source::Bytes(guests::text("garbles/patch").bytes().into());
    let mut plugin = PluginConfig::new(name.parse().unwrap(), source).setting("patch", Value::Text(patch));
    plugin.sandbox.limit_kills = u32::MAX;
    plugin
}

/// Bytes that follow from a number and nothing else.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap()
    }

    /// Some writes into these regions: of anything, or of what is most often forgotten.
    fn writes(&mut self, regions: &[std::ops::Range<u16>]) -> Vec<(u16, u8)> {
        const ODD: [u32; 10] =
            [0, 1, 2, 255, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
        let mut writes = Vec::new();
        for _ in 0..=self.below(4) {
            let region = &regions[self.below(regions.len())];
            let at = region.start + u16::try_from(self.below(region.len() / 4)).unwrap() * 4;
            match self.below(3) {
                0 => writes.extend(word(at, ODD[self.below(ODD.len())])),
                1 => writes.extend(word(at, self.next() as u32)),
                _ => writes.push((at + u16::try_from(self.below(4)).unwrap(), self.next() as u8)),
            }
        }
        writes
    }
}

/// Fails where an error is the host's own, or is not fit to be shown.
fn fit_to_be_shown(error: &tollgate::Error, what: &str) {
    let message = error.public_message();
    assert_ne!(error.kind(), ErrorKind::Internal, "{what}: {message}");
    assert!(message.len() < 1024 && !message.contains(char::is_control), "{what}: {message}");
}

#[tokio::test]
async fn whatever_a_description_is_it_breaks_its_plugin_and_nothing_else() {
    // R25
    let host = house::start(house::builtins()).await;
    let mut sound = 0;
    for seed in 1..=400 {
        let writes = Noise::new(seed).writes(&[1024..1096, 2048..2144, 4096..4100]);
        let plugin = patched("patched", patch('d', writes.clone()));
        match host.host().inspect(plugin).await {
            Ok(inspection) => {
                host.saw(&format!("{inspection:?}"));
                sound += 1;
            }
            Err(error) => fit_to_be_shown(&error, &format!("{writes:x?}")),
        }
    }
    assert!((1..400).contains(&sound), "{sound} of 400 were sound");
    host.serves_others().await;
    host.finish().await;
}

#[tokio::test]
async fn whatever_an_answer_is_it_breaks_its_plugin_and_nothing_else() {
    // R25
    let regions = [8448..8464, 8704..8796, 8800..8896, 4096..4100];
    let noises = (1..=120).map(|seed| {
        let mut noise = Noise::new(seed);
        match seed % 4 {
            0 => patch('c', noise.writes(std::slice::from_ref(&(8192..8256)))),
            _ => patch('n', noise.writes(&regions)),
        }
    });
    // discriminants that there are not, addresses that are odd or nowhere, text that is none
    let hopeless = [
        patch('n', word(8448, 2)),
        patch('n', word(8448, 1)),
        patch('n', word(8456, 8705)),
        patch('n', word(8456, 0xffff_fff8)),
        patch('n', word(8460, 0xffff_ffff)),
        patch('n', word(8704, 8)),
        patch('n', word(8724, 2)),
        patch('n', word(8716, 0xffff_0000)),
        patch('n', [(4096, 0xff), (4097, 0xc0)]),
        patch('n', word(8808, 77)),
        patch('c', word(8192, 7)),
        patch('c', word(8200, 0)),
        patch('c', word(8200, 0xffff_ffff)),
    ];
    let (patches, known): (Vec<String>, _) =
        (hopeless.iter().cloned().chain(noises).collect(), hopeless.len());
    let config =
        patches.iter().enumerate().fold(tollgate::config::Config::default(), |config, (number, patch)| {
            config.plugin(patched(&format!("p{number}"), patch.clone()))
        });
    let host = house::start(house::builtins().config(|_| config)).await;
    let mut broken = 0;
    for (number, patch) in patches.iter().enumerate() {
        let answered = host.ask(&format!("p{number}/well"), "go").await;
        assert!(number >= known || answered.error.is_some(), "{patch}: {answered:?}");
        if let Some(error) = &answered.error {
            fit_to_be_shown(error, patch);
            broken += 1;
        }
    }
    assert!(broken > patches.len() / 4, "{broken} of {} broke", patches.len());
    host.serves_others().await;
    host.finish().await;
}
