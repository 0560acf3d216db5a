//! How fast an answer is looked through for the key.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use tollgate::Secret;
use tollgate::measure::Scrubber;

use super::samples::Samples;
use super::table::{Row, Target, Unit};
use super::{Scale, ours, vendor};

/// Keys in the vendors' shapes, and nobody's.
const KEYS: [(&str, &str); 4] = [
    ("OpenAI's", ours::KEY),
    (
        "Anthropic's",
        "sk-ant-api03-qW8eRt2YuI5oPa1SdFg7HjKl_ZxCv4BnM9QwEr-TyUiOp3AsDfGh6JkLzXc0VbNm-qWeRtYuIoPaSdFgHjKlZxCvBnAA",
    ),
    ("Azure's", "3f8a1c5e7b9d2046f8a1c5e7b9d2046a"),
    ("base64", "kJ8/vQ2+xL6nR3kW9yD2hF7jS5pC0gTq+aEu/oIbMw="),
];

/// What is timed together.
const BYTES: usize = 4 << 20;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let events: Vec<Bytes> = vendor::events(std::iter::repeat_n("word ", 2000));
    let text = Bytes::from(events.concat());
    let pieces: Vec<Bytes> =
        (0..text.len()).step_by(16 << 10).map(|at| text.slice(at..text.len().min(at + (16 << 10)))).collect();
    for (name, key) in KEYS {
        let what = format!("chunks of 16 KiB, a key like {name}");
        rows.push(row(what, scale, key, &pieces)?.target(Target::AtLeast(1e9)));
    }
    let what = format!("chunks of one event, {} B, a key like OpenAI's", text.len() / events.len());
    rows.push(row(what, scale, ours::KEY, &events)?);
    Ok(rows)
}

fn row(what: String, scale: &Scale, key: &str, chunks: &[Bytes]) -> Result<Row> {
    let secret = Secret::new(key.as_bytes().to_vec()).context("an empty key")?;
    let mut scrubber = Scrubber::new(&secret).context("a key that is too short")?;
    let mut samples = Samples::default();
    let mut chunks = chunks.iter().cycle();
    for _ in 0..scale.pick(10, 300) {
        let (mut bytes, begun) = (0, Instant::now());
        while bytes < BYTES {
            let chunk = chunks.next().context("no chunk")?;
            bytes += chunk.len();
            std::hint::black_box(scrubber.push(chunk.clone()));
        }
        // to what it would be for a gigabyte
        samples.push(Duration::from_secs_f64(begun.elapsed().as_secs_f64() * 1e9 / bytes as f64));
    }
    ensure!(scrubber.hits() == 0, "a key where there is none");
    Ok(Row::new(what, Unit::BytesPerSecond, 1e18 / samples.percentile(50), samples.count()))
}
